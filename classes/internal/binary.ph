// Bytes, each 0 to 255.

package .internal;

class binary {
    private .internal.bytes data;

    void binary(int size) {
        data = new .internal.bytes(size);
    }

    void binary(.internal.bytes bytes) {
        data = bytes;
    }

    int getByte(int index) [8] {
        return data[index] & 255;
    }

    void setByte(int value, int index) [9] {
        data[index] = value;
    }

    // Copy `length` bytes of another.
    void setRange(binary from, int toPosition, int fromPosition, int length) [10] {
        .internal.system.copyArray(from.data, fromPosition, data, toPosition, length);
    }

    int get(int index) {
        return data[index] & 255;
    }

    void set(int index, int value) {
        data[index] = value;
    }

    int size() {
        return data.size();
    }

    // The text that these bytes of UTF-8 are; bad ones become U+FFFD.
    string toText(int from, int count) {
        return .internal.string.fromUtf8(data, from, count);
    }

    string toString() [5] {
        return "\{data.size()} bytes";
    }
}
