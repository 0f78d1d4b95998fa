// Numbers that look like chance but follow from a seed (SplitMix64). The generator lies in the volume, so
// its row goes on after a restart.

package .internal;

class random {
    private long state;

    // From the machine's entropy.
    void random() {
        state = entropy();
    }

    void random(long seed) {
        state = seed;
    }

    long nextLong() {
        state += -7046029254386353131L;
        long z = state;
        z = (z ^ (z >>> 30)) * -4658895280553007687L;
        z = (z ^ (z >>> 27)) * -7723592293110705685L;
        return z ^ (z >>> 31);
    }

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

    // Into any order.
    void shuffle(.internal.container.array items) {
        for (int i = items.size() - 1; i > 0; i--) {
            int j = next(i + 1);
            any item = items.get(i);
            items.set(i, items.get(j));
            items.set(j, item);
        }
    }

    private static long entropy() @primitive(system_entropy);
}
