// Numbers that look like chance but follow from a seed (SplitMix64). The generator lies in the volume, so
// its row goes on after a restart.

package .internal;

class random {
    private long state;

    // From the machine's entropy.
    void random() {
        state = entropy();
    }

    // From a seed: the same row for the same seed, on every machine.
    void random(long seed) {
        state = seed;
    }

    // Any long.
    long nextLong() {
        state += -7046029254386353131L;
        long z = state;
        z = (z ^ (z >>> 30)) * -4658895280553007687L;
        z = (z ^ (z >>> 27)) * -7723592293110705685L;
        return z ^ (z >>> 31);
    }

    // Any int.
    int nextInt() {
        return (int) nextLong();
    }

    // 0 to n - 1, each as likely.
    int next(int n) {
        if (n <= 0)
            throw new .internal.error.argument("random(\{n})");
        long limit = 9223372036854775807L / (long) n * (long) n;
        long value = nextLong() >>> 1;
        while (value >= limit)
            value = nextLong() >>> 1;
        return (int) (value % (long) n);
    }

    // From 0.0 up to, but not, 1.0.
    double nextDouble() {
        return (double) (nextLong() >>> 11) / 9007199254740992.0;
    }

    // `from` to `to`, each as likely.
    int next(int from, int to) {
        if (to < from)
            throw new .internal.error.argument("a random number from \{from} to \{to}");
        long count = (long) to - from + 1L;
        return count <= 2147483647L ? from + next((int) count) : nextWide(from, to);
    }

    // true or false.
    boolean nextBoolean() {
        return nextLong() < 0L;
    }

    // A number of the normal distribution, with mean 0 and deviation 1.
    double nextGaussian() {
        double radius = 1.0 - nextDouble();
        return .internal.math.sqrt(-2.0 * .internal.math.log(radius)) *
            .internal.math.cos(2.0 * .internal.math.PI * nextDouble());
    }

    // One of the items of an array; a bounds error if there is none.
    any pick(.internal.container.array items) {
        if (items.isEmpty())
            throw new .internal.error.bounds("one of no items");
        return items.get(next(items.size()));
    }

    // `count` of the items of an array, each at most once, in any order.
    any sample(.internal.container.array items, int count) {
        .internal.container.array all = items.clone();
        if (count < 0 || count > all.size())
            throw new .internal.error.argument("\{count} of \{all.size()} items");
        for (int i = 0; i < count; i++)
            all.swap(i, i + next(all.size() - i));
        return all.subarray(0, count);
    }

    // Into any order.
    void shuffle(.internal.container.array items) {
        for (int i = items.size() - 1; i > 0; i--) {
            int j = next(i + 1);
            any item = items.get(i);
            items.set(i, items.get(j));
            items.set(j, item);
        }
    }

    private int nextWide(int from, int to) {
        int value = nextInt();
        while (value < from || value > to)
            value = nextInt();
        return value;
    }

    private static long entropy() @primitive(system_entropy);
}
