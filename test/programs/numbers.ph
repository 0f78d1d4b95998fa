// numbers.ph - numbers as text, mathematics, chance.

int checks = 0;

void same(any got, any wanted, string what) {
    checks++;
    if (got != wanted)
        println("WRONG: \{what}: \{got}, not \{wanted}");
}

void near(double got, double wanted, string what) {
    checks++;
    double off = got - wanted;
    if (off > 0.000000000001 || off < -0.000000000001 || off != off)
        println("WRONG: \{what}: \{got}, not \{wanted}");
}

same((0).toString(), "0", "zero");
same((-17).toString(), "-17", "negative");
same((255).toString(16), "ff", "hexadecimal");
same((-2147483647 - 1).toString(), "-2147483648", "the least int");
same((-2147483647 - 1).toString(2), "-10000000000000000000000000000000", "in binary");
same((9223372036854775807L).toString(), "9223372036854775807", "the largest long");
same((1.0).toString(), "1.0", "1.0");
same((0.1 + 0.2).toString(), "0.30000000000000004", "the shortest that reads back");
same((1.0e7).toString(), "1.0E7", "1.0E7");
same((-0.0).toString(), "-0.0", "minus zero");
same((100.0).toString(), "100.0", "100.0");
same((1.0 / 3.0).toString(), "0.3333333333333333", "a third");
same((3.14159).toFixed(2), "3.14", "toFixed");
same((2.5).toFixed(0), "3", "toFixed half up");
same((-2.5).toFixed(0), "-3", "toFixed half away from zero");
same((0.999).toFixed(2), "1.00", "toFixed with a carry");
same((99.99).toFixed(1), "100.0", "toFixed with a carry in front");
same((0.001).toFixed(2), "0.00", "toFixed of little");
same((0.005).toFixed(2), "0.01", "toFixed of half");
same((1234567.0).toFixed(3), "1234567.000", "toFixed of a whole number");
same((0.0).toFixed(1), "0.0", "toFixed of zero");
same((12.0).hashCode(), (12).hashCode(), "hashes follow the value");
same((12L).hashCode(), (12).hashCode(), "of longs too");
same('x'.toString(), "x", "a character");
same('x'.toUpper(), 'X', "its upper case");
same('7'.isDigit(), true, "a digit");
same('é'.isLetter(), true, "a letter");
same(' '.isSpace(), true, "a space");
same((3).compareTo(4.5), -1, "compareTo");
same((5).equals(5), true, "equals");
same(true.toString(), "true", "true");
same(7 / 2, 3, "int division");
same(-7 / 2, -3, "towards zero");
same(-7 % 3, -1, "remainder");
same(7.0 / 2, 3.5, "double division");
same(7.5 % 2, 1.5, "double remainder");
same(1 << 33, 2, "shift counts are masked");
same(-1 >>> 28, 15, "unsigned shift");
same(2147483647 + 1, -2147483647 - 1, "ints wrap");
same((int) 3.99, 3, "a cast cuts");
same((int) 1.0e20, 2147483647, "a cast saturates");
same((long) 1 << 40, 1099511627776L, "long shift");

near(.internal.math.sqrt(2.0), 1.4142135623730951, "sqrt");
near(.internal.math.sin(1.0), 0.8414709848078965, "sin");
near(.internal.math.cos(1.0), 0.5403023058681398, "cos");
near(.internal.math.atan2(1.0, -1.0), 2.356194490192345, "atan2");
near(.internal.math.exp(1.0), .internal.math.E, "exp");
near(.internal.math.log(.internal.math.E), 1.0, "log");
near(.internal.math.log10(1000.0), 3.0, "log10");
near(.internal.math.pow(2.0, 0.5), 1.4142135623730951, "pow");
near(.internal.math.hypot(3.0, 4.0), 5.0, "hypot");
near(.internal.math.floor(-1.5), -2.0, "floor");
near(.internal.math.ceil(-1.5), -1.0, "ceil");
near(.internal.math.fmod(7.5, 2.0), 1.5, "fmod");
near(.internal.math.tan(0.5), 0.5463024898437905, "tan");
near(.internal.math.cbrt(27.0), 3.0, "cbrt");
same(.internal.math.round(2.5), 3L, "round");
same(.internal.math.max(3, 4), 4, "max");
same(.internal.math.min(3.5, 4.5), 3.5, "min");
same(.internal.math.abs(-3), 3, "abs");
same(.internal.double.bits(1.0), 4607182418800017408L, "bits");
same(.internal.double.fromBits(4607182418800017408L), 1.0, "from bits");

.internal.random chance = new .internal.random(42L);
same(chance.nextLong(), -4767286540954276203L, "SplitMix64, first");
same(chance.nextLong(), 2949826092126892291L, "SplitMix64, second");
same(chance.nextLong(), 5139283748462763858L, "SplitMix64, third");
.internal.ints hits = new .internal.ints(6);
for (int i = 0; i < 6000; i++)
    hits[chance.next(6)] = hits[chance.next(6)] + 1;
boolean fair = true;
double lowest = 1.0;
double highest = 0.0;
for (int i = 0; i < 1000; i++) {
    double x = chance.nextDouble();
    lowest = .internal.math.min(lowest, x);
    highest = .internal.math.max(highest, x);
    int n = random(10);
    if (n < 0 || n > 9)
        fair = false;
}
same(fair && lowest >= 0.0 && lowest < 0.05 && highest < 1.0 && highest > 0.95, true, "chance is fair");
println("\{checks} checks");
