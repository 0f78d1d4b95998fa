// Whole numbers from one to another, as a collection: new range(1, 10) is what foreach writes as 1..10.

package .phantom;

class range extends .internal.container.collection {
    private long from;
    private long to;
    private long step;

    // All from `from0` to `to0`; none if that is less.
    void range(long from0, long to0) {
        from = from0;
        to = to0;
        step = 1L;
    }

    // Every step-th from `from0` on that is not beyond `to0`; a negative step counts down.
    void range(long from0, long to0, long step0) {
        if (step0 == 0L)
            throw new .internal.error.argument("a range with a step of 0");
        from = from0;
        to = to0;
        step = step0;
    }

    // 0 to n - 1.
    static range below(long n) {
        return new range(0L, n - 1L);
    }

    int size() {
        if (isEmpty())
            return 0;
        long steps = isNear(from) && isNear(to) ? (to - from) / step : farSteps();
        if (steps >= 2147483647L)
            throw new .internal.error.bounds("a range with more than 2147483647 numbers");
        return (int) steps + 1;
    }

    // From one such number to another it is no farther than a long can say.
    private static boolean isNear(long number) {
        return number >= -4611686018427387904L && number <= 4611686018427387903L;
    }

    private long farSteps() {
        bigint steps = bigint.of(to).subtract(from).divide(step);
        return steps.fitsLong() ? steps.toLong() : .internal.long.MAX;
    }

    boolean isEmpty() {
        return step > 0L ? from > to : from < to;
    }

    boolean has(any number) {
        if (!(number instanceof .internal.int || number instanceof .internal.long))
            return false;
        long n = number;
        boolean inside = step > 0L ? n >= from && n <= to : n <= from && n >= to;
        return inside && .internal.math.floorMod(n, step) == .internal.math.floorMod(from, step);
    }

    .internal.container.cursor iterator() {
        return new range_iterator(from, to, step);
    }

    boolean equals(any other) [4] {
        return other instanceof range && toString() == other.toString();
    }

    int hashCode() [15] {
        return toString().hashCode();
    }

    string toString() [5] {
        return step == 1L ? "\{from}..\{to}" : "\{from}..\{to} by \{step}";
    }
}

class range_iterator extends .internal.container.cursor {
    private long at;
    private long to;
    private long step;
    private boolean over;

    void range_iterator(long from, long to0, long step0) {
        at = from;
        to = to0;
        step = step0;
        over = step > 0L ? at > to : at < to;
    }

    boolean hasNext() {
        return !over;
    }

    any next() {
        if (over)
            throw new .internal.error.bounds("no more numbers");
        long number = at;
        at += step;
        over = step > 0L ? at > to || at < number : at < to || at > number;
        return number == (long) (int) number ? (any) (int) number : (any) number;
    }
}
