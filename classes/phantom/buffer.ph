// Bytes that grow at the end and are taken from the front, for what is put together and taken apart piece by piece.
//
// Numbers of several bytes lie with the lowest byte first; those whose methods end in Big with the highest first.

package .phantom;

class buffer {
    private .internal.binary data;
    private int begin;
    private int end;

    // An empty buffer.
    void buffer() {
        data = new .internal.binary(64);
    }

    // A buffer with a copy of these bytes.
    void buffer(.internal.binary bytes) {
        data = new .internal.binary(64);
        add(bytes);
    }

    // How many bytes can be taken.
    int size() {
        return end - begin;
    }

    // Is there nothing to take?
    boolean isEmpty() {
        return begin == end;
    }

    // Forget all.
    void clear() {
        begin = 0;
        end = 0;
    }

    // What can be taken, copied; it stays there.
    .internal.binary toBinary() {
        return data.slice(begin, end);
    }

    // ---- adding: each gives the buffer, so that calls stand in a row ----

    // Bytes.
    buffer add(.internal.binary bytes) {
        int at = room(bytes.size());
        data.setRange(bytes, at, 0, bytes.size());
        return this;
    }

    // The low eight bits of a number.
    buffer addByte(int value) {
        int at = room(1);
        data.set(at, value);
        return this;
    }

    // A text as UTF-8, without its length.
    buffer addText(string text) {
        return add(text.toUtf8());
    }

    // The low two bytes of a number.
    buffer addInt16(int value) {
        int at = room(2);
        data.setInt16(at, value);
        return this;
    }

    // The low two bytes of a number, the highest byte first.
    buffer addInt16Big(int value) {
        int at = room(2);
        data.setInt16Big(at, value);
        return this;
    }

    // An int.
    buffer addInt32(int value) {
        int at = room(4);
        data.setInt32(at, value);
        return this;
    }

    // An int, the highest byte first.
    buffer addInt32Big(int value) {
        int at = room(4);
        data.setInt32Big(at, value);
        return this;
    }

    // A long.
    buffer addInt64(long value) {
        int at = room(8);
        data.setInt64(at, value);
        return this;
    }

    // A long, the highest byte first.
    buffer addInt64Big(long value) {
        int at = room(8);
        data.setInt64Big(at, value);
        return this;
    }

    // A float.
    buffer addFloat(float value) {
        int at = room(4);
        data.setFloat(at, value);
        return this;
    }

    // A float, the highest byte first.
    buffer addFloatBig(float value) {
        int at = room(4);
        data.setFloatBig(at, value);
        return this;
    }

    // A double.
    buffer addDouble(double value) {
        int at = room(8);
        data.setDouble(at, value);
        return this;
    }

    // A double, the highest byte first.
    buffer addDoubleBig(double value) {
        int at = room(8);
        data.setDoubleBig(at, value);
        return this;
    }

    // ---- taking: a bounds error, and nothing taken, if there is not so much ----

    // So many bytes.
    .internal.binary take(int count) {
        int at = next(count);
        return data.slice(at, at + count);
    }

    // A byte, 0 to 255.
    int takeByte() {
        return data.get(next(1));
    }

    // The text that so many bytes of UTF-8 are.
    string takeText(int count) {
        return data.toText(next(count), count);
    }

    // A number with a sign of two bytes.
    int takeInt16() {
        return data.getInt16(next(2));
    }

    // A number with a sign of two bytes, the highest byte first.
    int takeInt16Big() {
        return data.getInt16Big(next(2));
    }

    // An int.
    int takeInt32() {
        return data.getInt32(next(4));
    }

    // An int, the highest byte first.
    int takeInt32Big() {
        return data.getInt32Big(next(4));
    }

    // A long.
    long takeInt64() {
        return data.getInt64(next(8));
    }

    // A long, the highest byte first.
    long takeInt64Big() {
        return data.getInt64Big(next(8));
    }

    // A float.
    float takeFloat() {
        return data.getFloat(next(4));
    }

    // A float, the highest byte first.
    float takeFloatBig() {
        return data.getFloatBig(next(4));
    }

    // A double.
    double takeDouble() {
        return data.getDouble(next(8));
    }

    // A double, the highest byte first.
    double takeDoubleBig() {
        return data.getDoubleBig(next(8));
    }

    // Where so many bytes can be put.
    private int room(int count) {
        if (count > data.size() - end)
            grow(count);
        end += count;
        return end - count;
    }

    private void grow(int count) {
        int held = end - begin;
        if (count > 1073741823 - held)
            throw new .internal.error.memory("a buffer is too long");
        int size = data.size();
        while (size < 2 * held || size < held + count)
            size *= 2;
        .internal.binary larger = new .internal.binary(size);
        larger.setRange(data, 0, begin, held);
        data = larger;
        begin = 0;
        end = held;
    }

    // Where so many bytes lie that are taken.
    private int next(int count) {
        int at = begin;
        if (count < 0 || count > end - begin)
            throw new .internal.error.bounds("\{count} bytes of a buffer of \{end - begin}");
        begin += count;
        return at;
    }
}
