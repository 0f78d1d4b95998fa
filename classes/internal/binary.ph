// Bytes, each 0 to 255: as many as when it was made. b[i] is get(i), b[i] = v is set(i, v).
//
// Numbers of several bytes lie with the lowest byte first; those whose methods end in Big with the highest first.

package .internal;

import .phantom.text.builder;

class binary extends .internal.container.collection {
    private .internal.bytes data;
    private static .internal.ints crcs;

    // So many zeroes.
    void binary(int size) {
        if (size < 0)
            throw new .internal.error.argument("a binary of \{size} bytes");
        data = new .internal.bytes(size);
    }

    // The bytes of an array of the machine, which stays shared.
    void binary(.internal.bytes bytes) {
        data = bytes;
    }

    // The byte at `index`.
    int getByte(int index) [8] {
        return data[index] & 255;
    }

    // Set the byte at `index` to the low eight bits of `value`.
    void setByte(int value, int index) [9] {
        data[index] = value;
    }

    // Copy `length` bytes of another.
    void setRange(binary from, int toPosition, int fromPosition, int length) [10] {
        .internal.system.copyArray(from.data, fromPosition, data, toPosition, length);
    }

    // The byte at `index`.
    int get(int index) {
        return data[index] & 255;
    }

    // Set the byte at `index` to the low eight bits of `value`.
    void set(int index, int value) {
        data[index] = value;
    }

    // How many bytes.
    int size() {
        return data.size();
    }

    // The array of the machine in which they lie, which stays shared.
    .internal.bytes bytes() {
        return data;
    }

    any iterator() {
        return new binary_iterator(this);
    }

    // ---- parts, copies, comparison ----

    // The bytes from `from` up to, but without, `to`, copied.
    binary slice(int from, int to) {
        checkRange(from, to);
        binary result = new binary(to - from);
        result.setRange(this, 0, from, to - from);
        return result;
    }

    // These bytes, and those of another behind them, copied.
    binary concat(binary other) {
        binary result = new binary(size() + other.size());
        result.setRange(this, 0, 0, size());
        result.setRange(other, size(), 0, other.size());
        return result;
    }

    // All bytes become the low eight bits of `value`.
    void fill(int value) {
        for (int i = 0; i < data.size(); i++)
            data[i] = value;
    }

    // Where the bytes of another begin for the first time at or behind `from`, or -1.
    int indexOf(binary part, int from) {
        int length = part.size();
        for (int at = from < 0 ? 0 : from; at + length <= data.size(); at++) {
            int i = 0;
            while (i < length && data[at + i] == part.data[i])
                i++;
            if (i == length)
                return at;
        }
        return -1;
    }

    // A copy.
    any clone() [3] {
        return slice(0, size());
    }

    // True for a binary of the same bytes.
    boolean equals(any other) [4] {
        return other instanceof binary && compareTo(other) == 0;
    }

    int hashCode() [15] {
        return crc32();
    }

    // By the first bytes that differ; else the shorter one comes first.
    int compareTo(any other) {
        binary that = (binary) other;
        for (int i = 0; i < size() && i < that.size(); i++) {
            if (data[i] != that.data[i])
                return get(i) - that.get(i);
        }
        return size() - that.size();
    }

    // ---- numbers of several bytes ----

    // The number with a sign in the two bytes at `at`.
    int getInt16(int at) {
        return (int) (read(at, 2) << 48 >> 48);
    }

    // The number with a sign in the two bytes at `at`, the highest byte first.
    int getInt16Big(int at) {
        return (int) (readBig(at, 2) << 48 >> 48);
    }

    // The number without a sign in the two bytes at `at`.
    int getUint16(int at) {
        return (int) read(at, 2);
    }

    // The number without a sign in the two bytes at `at`, the highest byte first.
    int getUint16Big(int at) {
        return (int) readBig(at, 2);
    }

    // The int in the four bytes at `at`.
    int getInt32(int at) {
        return (int) read(at, 4);
    }

    // The int in the four bytes at `at`, the highest byte first.
    int getInt32Big(int at) {
        return (int) readBig(at, 4);
    }

    // The number without a sign in the four bytes at `at`.
    long getUint32(int at) {
        return read(at, 4);
    }

    // The number without a sign in the four bytes at `at`, the highest byte first.
    long getUint32Big(int at) {
        return readBig(at, 4);
    }

    // The long in the eight bytes at `at`.
    long getInt64(int at) {
        return read(at, 8);
    }

    // The long in the eight bytes at `at`, the highest byte first.
    long getInt64Big(int at) {
        return readBig(at, 8);
    }

    // The float in the four bytes at `at`.
    float getFloat(int at) {
        return .internal.float.fromBits((int) read(at, 4));
    }

    // The float in the four bytes at `at`, the highest byte first.
    float getFloatBig(int at) {
        return .internal.float.fromBits((int) readBig(at, 4));
    }

    // The double in the eight bytes at `at`.
    double getDouble(int at) {
        return .internal.double.fromBits(read(at, 8));
    }

    // The double in the eight bytes at `at`, the highest byte first.
    double getDoubleBig(int at) {
        return .internal.double.fromBits(readBig(at, 8));
    }

    // The low two bytes of a number to `at`.
    void setInt16(int at, int value) {
        write(at, 2, value);
    }

    // The low two bytes of a number to `at`, the highest byte first.
    void setInt16Big(int at, int value) {
        writeBig(at, 2, value);
    }

    // An int to the four bytes at `at`.
    void setInt32(int at, int value) {
        write(at, 4, value);
    }

    // An int to the four bytes at `at`, the highest byte first.
    void setInt32Big(int at, int value) {
        writeBig(at, 4, value);
    }

    // A long to the eight bytes at `at`.
    void setInt64(int at, long value) {
        write(at, 8, value);
    }

    // A long to the eight bytes at `at`, the highest byte first.
    void setInt64Big(int at, long value) {
        writeBig(at, 8, value);
    }

    // A float to the four bytes at `at`.
    void setFloat(int at, float value) {
        write(at, 4, .internal.float.bits(value));
    }

    // A float to the four bytes at `at`, the highest byte first.
    void setFloatBig(int at, float value) {
        writeBig(at, 4, .internal.float.bits(value));
    }

    // A double to the eight bytes at `at`.
    void setDouble(int at, double value) {
        write(at, 8, .internal.double.bits(value));
    }

    // A double to the eight bytes at `at`, the highest byte first.
    void setDoubleBig(int at, double value) {
        writeBig(at, 8, .internal.double.bits(value));
    }

    // ---- text ----

    // The text that these bytes of UTF-8 are; bad ones become U+FFFD.
    string toText(int from, int count) {
        return .internal.string.fromUtf8(data, from, count);
    }

    // The text that all of them are.
    string toText() {
        return toText(0, size());
    }

    // Two hexadecimal digits for each byte.
    string toHex() {
        string digits = "0123456789abcdef";
        builder text = new builder();
        for (int i = 0; i < data.size(); i++)
            text.addChar(digits.charAt((data[i] >> 4) & 15)).addChar(digits.charAt(data[i] & 15));
        return text.toString();
    }

    // The bytes of such a text, in capitals or small letters; an argument error if it is none.
    static binary fromHex(string text) {
        int count = text.length();
        if (count % 2 != 0)
            throw new .internal.error.argument("hexadecimal: \{count} digits make no whole bytes");
        binary result = new binary(count / 2);
        for (int i = 0; i < count; i++) {
            int digit = text.charAt(i).digit(16);
            if (digit < 0)
                throw new .internal.error.argument("hexadecimal: no digit at \{i}");
            result.data[i / 2] = result.data[i / 2] << 4 | digit;
        }
        return result;
    }

    // Base64 (RFC 4648), with = at the end.
    string toBase64() {
        builder text = new builder();
        for (int i = 0; i < data.size(); i += 3) {
            int left = data.size() - i;
            int three = get(i) << 16 | (left > 1 ? get(i + 1) << 8 : 0) | (left > 2 ? get(i + 2) : 0);
            text.addChar(sixBits(three >> 18)).addChar(sixBits(three >> 12));
            text.addChar(left > 1 ? sixBits(three >> 6) : '=').addChar(left > 2 ? sixBits(three) : '=');
        }
        return text.toString();
    }

    // The bytes of such a text, with = at the end or without; an argument error if it is none.
    static binary fromBase64(string text) {
        int count = text.length();
        while (count > 0 && text.length() - count < 2 && text.charAt(count - 1) == '=')
            count--;
        if (count % 4 == 1 || (count < text.length() && text.length() % 4 != 0))
            throw new .internal.error.argument("base64: a text of \{text.length()} characters ends too early");
        binary result = new binary(count / 4 * 3 + (count % 4 == 0 ? 0 : count % 4 - 1));
        int bits = 0;
        int at = 0;
        for (int i = 0; i < count; i++) {
            bits = bits << 6 | valueOf(text.charAt(i), i);
            if (i % 4 > 0) {
                result.data[at] = bits >> (6 - i % 4 * 2);
                at++;
            }
        }
        return result;
    }

    string toString() [5] {
        return "\{data.size()} bytes";
    }

    // ---- sums ----

    // The CRC-32 of all bytes, as zip and PNG have it.
    int crc32() {
        return crc32(0, size());
    }

    // That of the bytes from `from` up to, but without, `to`.
    int crc32(int from, int to) {
        .internal.ints table = crcTable();
        int crc = -1;
        checkRange(from, to);
        for (int i = from; i < to; i++)
            crc = table[(crc ^ data[i]) & 255] ^ (crc >>> 8);
        return ~crc;
    }

    private static .internal.ints crcTable() {
        if (crcs != null)
            return crcs;
        .internal.ints table = new .internal.ints(256);
        for (int i = 0; i < 256; i++) {
            int crc = i;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
            table[i] = crc;
        }
        crcs = table;
        return table;
    }

    private static char sixBits(int bits) {
        return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".charAt(bits & 63);
    }

    private static int valueOf(char c, int at) {
        if (c >= 'A' && c <= 'Z')
            return c - 'A';
        if (c >= 'a' && c <= 'z')
            return c - 'a' + 26;
        if (c >= '0' && c <= '9')
            return c - '0' + 52;
        if (c == '+' || c == '/')
            return c == '+' ? 62 : 63;
        throw new .internal.error.argument("base64: no digit at \{at}");
    }

    private void checkRange(int from, int to) {
        if (from < 0 || to < from || to > data.size())
            throw new .internal.error.bounds("bytes from \{from} to \{to} of \{data.size()}");
    }

    private long read(int at, int count) {
        long value = 0L;
        checkRange(at, at + count);
        for (int i = count - 1; i >= 0; i--)
            value = value << 8 | (data[at + i] & 255);
        return value;
    }

    private long readBig(int at, int count) {
        long value = 0L;
        checkRange(at, at + count);
        for (int i = 0; i < count; i++)
            value = value << 8 | (data[at + i] & 255);
        return value;
    }

    private void write(int at, int count, long value) {
        checkRange(at, at + count);
        for (int i = 0; i < count; i++)
            data[at + i] = (int) (value >>> (8 * i));
    }

    private void writeBig(int at, int count, long value) {
        checkRange(at, at + count);
        for (int i = 0; i < count; i++)
            data[at + count - 1 - i] = (int) (value >>> (8 * i));
    }
}

class binary_iterator extends .internal.container.cursor {
    private binary over;
    private int at;

    void binary_iterator(binary over0) {
        over = over0;
    }

    boolean hasNext() {
        return at < over.size();
    }

    any next() {
        at++;
        return over.get(at - 1);
    }
}
