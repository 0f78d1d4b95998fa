// What a class with a method `startup` is given.

package .internal;

class bootstrap {
    // A line on the console.
    void print(any text) [16] {
        .internal.system.println(text);
    }

    // A thread that calls `run` of an object.
    .internal.thread startThread(any target) [18] {
        return .internal.thread.start(target, null);
    }

    // So many bytes.
    .internal.binary createBinary(int size) [19] {
        return new .internal.binary(size);
    }

    // Wait so many milliseconds of personal time.
    void sleep(long ms) [21] {
        .internal.system.sleep(ms);
    }
}
