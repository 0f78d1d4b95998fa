// What a class with a method `startup` is given.

package .internal;

class bootstrap {
    void print(any text) [16] {
        .internal.system.println(text);
    }

    .internal.thread startThread(any target) [18] {
        return .internal.thread.start(target, null);
    }

    .internal.binary createBinary(int size) [19] {
        return new .internal.binary(size);
    }

    void sleep(long ms) [21] {
        .internal.system.sleep(ms);
    }
}
