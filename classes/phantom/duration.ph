// A length of time, to the nanosecond. Durations never change.

package .phantom;

class duration {
    private const static long SECOND = 1000000000L;
    private long ns;

    private void duration(long ns0) {
        ns = ns0;
    }

    // So many nanoseconds.
    static duration ofNanos(long count) {
        return new duration(count);
    }

    // So many milliseconds.
    static duration ofMillis(long count) {
        return new duration(times(count, 1000000L));
    }

    // So many seconds.
    static duration ofSeconds(long count) {
        return new duration(times(count, SECOND));
    }

    // So many minutes.
    static duration ofMinutes(long count) {
        return new duration(times(count, 60L * SECOND));
    }

    // So many hours.
    static duration ofHours(long count) {
        return new duration(times(count, 3600L * SECOND));
    }

    // So many days of 24 hours.
    static duration ofDays(long count) {
        return new duration(times(count, 86400L * SECOND));
    }

    // All of it in nanoseconds.
    long nanos() {
        return ns;
    }

    // All of it in milliseconds, cut.
    long millis() {
        return ns / 1000000L;
    }

    // All of it in seconds.
    double seconds() {
        return (double) ns / SECOND;
    }

    // This one and another.
    duration add(duration other) {
        return new duration(plus(ns, other.ns));
    }

    // This one without another.
    duration subtract(duration other) {
        return new duration(plus(ns, times(other.ns, -1L)));
    }

    // So many of it.
    duration multiply(long count) {
        return new duration(times(ns, count));
    }

    // One of so many parts of it, cut.
    duration divide(long count) {
        return new duration(ns / count);
    }

    // Less than, equal to, or greater than 0.
    int compareTo(any other) {
        long that = ((duration) other).ns;
        return ns < that ? -1 : ns > that ? 1 : 0;
    }

    boolean equals(any other) [4] {
        return other instanceof duration && ((duration) other).ns == ns;
    }

    int hashCode() [15] {
        return ns.hashCode();
    }

    // Such as "2h 5m 0.25s", "-3s" or "0s".
    string toString() [5] {
        if (ns == .internal.long.MIN)
            return "-2562047h 47m 16.854775808s";
        if (ns < 0L)
            return "-" + new duration(-ns).toString();
        string[] parts = [];
        long rest = ns % (60L * SECOND);
        if (ns >= 3600L * SECOND)
            parts.add("\{ns / (3600L * SECOND)}h");
        if (ns / (60L * SECOND) % 60L != 0L)
            parts.add("\{ns / (60L * SECOND) % 60L}m");
        string fraction = (rest % SECOND).toString().padLeft(9, '0');
        while (fraction.endsWith("0"))
            fraction = fraction.substring(0, fraction.length() - 1);
        if (rest != 0L || parts.isEmpty())
            parts.add("\{rest / SECOND}\{fraction.isEmpty() ? "" : "." + fraction}s");
        return " ".join(parts);
    }

    private static long times(long a, long b) {
        long product = a * b;
        if (a != 0L && (product / a != b || (a == -1L && b == .internal.long.MIN)))
            throw new .internal.error.arithmetic("a duration is too long");
        return product;
    }

    private static long plus(long a, long b) {
        long sum = a + b;
        if ((a < 0L) == (b < 0L) && (sum < 0L) != (a < 0L))
            throw new .internal.error.arithmetic("a duration is too long");
        return sum;
    }
}
