// bignumbers.ph - big integers and fractions; the laws of arithmetic on numbers of many sizes.

import .support.check;

bigint big(string text) {
    return bigint.parse(text);
}

void reading() {
    check.same(big("0").toString(), "0", "zero");
    check.same(big("-0").sign(), 0, "no negative zero");
    check.same(big("+7").toString(), "7", "a plus sign");
    check.same(big("000000000000000000001").toString(), "1", "zeroes in front");
    string long = "123456789012345678901234567890";
    check.same(big(long).toString(), long, "thirty digits");
    check.same(big("-" + long).toString(), "-" + long, "negative");
    check.same(big("1000000000000000000").toString(), "1000000000000000000", "zeroes inside");
    check.same(bigint.of(.internal.long.MIN).toString(), "-9223372036854775808", "the least long");
    check.same(bigint.of(-5).toInt(), -5, "toInt");
    check.same(big("9223372036854775807").toLong(), .internal.long.MAX, "toLong");
    check.same(big("-9223372036854775808").toLong(), .internal.long.MIN, "toLong of the least");
    check.same(bigint.parse("ff", 16).toInt(), 255, "hexadecimal");
    check.same(bigint.parse("-zz", 36).toInt(), -1295, "radix 36");
    check.same(big("340282366920938463463374607431768211455").toString(16), "f".repeat(32), "to hexadecimal");
    check.same(big("-1000000007").toString(2), "-" + 1000000007.toString(2), "to binary");
    check.same(bigint.parse("1" + "0".repeat(64), 2), bigint.of(2).pow(64), "from binary");
    check.same(bigint.of(10).pow(400).toDouble() > 1e308, true, "too large for a double");
    check.same(big("123456789012345678901234567890").toDouble(), 1.2345678901234568e29, "toDouble");
    check.same("%,d".format([big(long)]), "123,456,789,012,345,678,901,234,567,890", "format");
    check.same("%x".format([big("-255")]), "-ff", "format in hexadecimal");
    check.fails("not a whole number: \"\"", fun () { return big(""); });
    check.fails("not a whole number: \"-\"", fun () { return big("-"); });
    check.fails("not a whole number: \"1x\"", fun () { return big("1x"); });
    check.fails("not a whole number: \"12\"", fun () { return bigint.parse("12", 2); });
    check.fails("not a whole number: 1.5", fun () { return bigint.of(1.5); });
    check.fails("a radix of 37", fun () { return bigint.parse("1", 37); });
    check.fails("too large for an int", fun () { return big("2147483648").toInt(); });
    check.fails("too large for a long", fun () { return big("9223372036854775808").toLong(); });
    check.part("reading and printing");
}

void arithmetic() {
    bigint a = big("99999999999999999999");
    check.same(a.add(1).toString(), "100000000000000000000", "a carry through");
    check.same(a.add(1).subtract(1), a, "and back");
    check.same(bigint.of(5).subtract(7).toString(), "-2", "below zero");
    check.same(a.multiply(a).toString(), "9999999999999999999800000000000000000001", "a square");
    check.same(a.negate().multiply(3).toString(), "-299999999999999999997", "a negative factor");
    check.same(bigint.of(-7).divide(2).toString(), "-3", "cut towards zero");
    check.same(bigint.of(-7).remainder(2).toString(), "-1", "remainder");
    check.same(bigint.of(-7).modulo(2).toString(), "1", "modulo");
    check.same(bigint.of(7).modulo(-2).toString(), "-1", "modulo of a negative one");
    check.same(bigint.of(2).pow(100).toString(), "1267650600228229401496703205376", "pow");
    check.same(bigint.of(0).pow(0).toString(), "1", "0 to the power of 0");
    check.same(bigint.of(-1).pow(2147483647).toString(), "-1", "a power of -1");
    check.same(bigint.of(3).modPow(big("1000000000000000000000"), 1000007).toString(),
        modPowPlain(3L, big("1000000000000000000000"), 1000007L), "modPow");
    check.same(big("123456789012345678901234567890").gcd(big("987654321098765432109876543210")).toString(),
        "9000000000900000000090", "gcd");
    check.same(bigint.of(0).gcd(-5).toString(), "5", "gcd with 0");
    check.same(bigint.of(10).pow(41).sqrt().toString(), "316227766016837933199", "sqrt");
    check.same(bigint.of(0).sqrt().toString(), "0", "sqrt of 0");
    check.same(factorial(30).toString(), "265252859812191058636308480000000", "30!");
    check.same(a.compareTo(a.add(1)) < 0, true, "compareTo");
    check.same(a.negate().compareTo(5) < 0, true, "compareTo an int");
    check.same(bigint.of(5) == bigint.of(5L), true, "equal");
    check.same(bigint.of(5).equals(5), true, "equal to an int");
    check.same({bigint.of(5): "five"}[bigint.of(5)], "five", "as a key");
    check.same(a.isEven(), false, "isEven");
    check.same(a.digitCount(), 20, "digitCount");
    check.same([big("30"), big("4"), big("100")].sorted().toString(), "[4, 30, 100]", "sorted");
    check.same(bigint.of(-7).divideWithRest(2).map(fun (n) { return n.toString(); }), ["-3", "-1"], "divideWithRest");
    check.fails("division by zero", fun () { return a.divideWithRest(0); });
    check.same([bigint.of(long.MIN).fitsLong(), bigint.of(long.MIN).subtract(1).fitsLong(), a.fitsLong()], [true, false, false], "fitsLong");
    check.fails("division by zero", fun () { return a.divide(0); });
    check.fails("a bigint to the power of -1", fun () { return a.pow(-1); });
    check.fails("the root of a negative number", fun () { return bigint.of(-1).sqrt(); });
    check.fails("a whole number of 40802189293 digits is too long", fun () { return a.pow(2147483647); });
    check.part("arithmetic");
}

// By squaring, with the exponent's binary digits.
string modPowPlain(long base, bigint exponent, long modulus) {
    long result = 1L;
    foreach (c in exponent.toString(2)) {
        result = result * result % modulus;
        if (c == '1')
            result = result * base % modulus;
    }
    return result.toString();
}

bigint factorial(int n) {
    return new range(1, n).reduce(bigint.of(1), fun (product, k) { return product.multiply(k); });
}

// Numbers with many nines and zeroes, where carries and guesses go wrong if they can.
bigint draw(random chance) {
    .phantom.text.builder text = new .phantom.text.builder();
    text.add("1");
    for (int left = chance.next(8); left >= 0; left--) {
        int kind = chance.next(4);
        text.add(kind == 0 ? "000000000" : kind == 1 ? "999999999" : kind == 2 ? "499999999"
            : chance.next(1000000000).toString());
    }
    bigint number = big(text.toString());
    return chance.next(2) == 0 ? number : number.negate();
}

void laws() {
    random chance = new random(5L);
    int wrong = 0;
    for (int i = 0; i < 40; i++) {
        bigint a = draw(chance);
        bigint b = draw(chance);
        bigint c = draw(chance);
        if (a.multiply(b.add(c)) != a.multiply(b).add(a.multiply(c)))
            wrong++;
        if (a.divide(b).multiply(b).add(a.remainder(b)) != a)
            wrong++;
        if (a.remainder(b).abs().compareTo(b.abs()) >= 0)
            wrong++;
        if (a.multiply(b).divide(b) != a || a.multiply(b).remainder(b).sign() != 0)
            wrong++;
        if (bigint.parse(a.toString(7), 7) != a)
            wrong++;
        bigint root = a.abs().sqrt();
        if (root.multiply(root).compareTo(a.abs()) > 0 || root.add(1).pow(2).compareTo(a.abs()) <= 0)
            wrong++;
    }
    check.same(wrong, 0, "the laws hold");
    check.part("laws");
}

void fractions() {
    rational half = new rational(1, 2);
    check.same(half.add(new rational(1, 3)).toString(), "5/6", "add");
    check.same(half.subtract(1).toString(), "-1/2", "subtract");
    check.same(half.multiply(4).toString(), "2", "multiply");
    check.same(half.divide(new rational(-3, 4)).toString(), "-2/3", "divide");
    check.same(new rational(6, -4).toString(), "-3/2", "lowest terms");
    check.same(rational.parse("-3/4").toString(), "-3/4", "parse");
    check.same(rational.parse("1.25").toString(), "5/4", "parse a decimal");
    check.same(rational.parse("-0.5").toString(), "-1/2", "parse a negative one");
    check.same(half.pow(-3).toString(), "8", "pow");
    check.same(new rational(-7, 2).floor().toString(), "-4", "floor");
    check.same(new rational(-7, 2).round().toString(), "-4", "round");
    check.same(new rational(7, 3).round().toString(), "2", "round down");
    check.same(half.toDouble(), 0.5, "toDouble");
    check.same("%.3f".format([new rational(1, 3)]), "0.333", "format");
    check.same(half.compareTo(new rational(2, 3)) < 0, true, "compareTo");
    check.same(half == new rational(2, 4), true, "equal");
    check.same(new rational(4, 2).equals(2), true, "equal to an int");
    check.same([new rational(6, -4).numerator(), new rational(6, -4).denominator()], [bigint.of(-3), bigint.of(2)], "numerator and denominator");
    bigint huge = bigint.of(10).pow(400);
    check.same(new rational(huge.add(1), huge).toDouble(), 1.0, "toDouble of large numbers");
    check.same(new rational(huge.multiply(-3), huge.divide(10)).toDouble(), -30.0, "and of other ones");
    check.same([new rational(1, huge).toDouble(), new rational(huge, 3).toDouble() > 1e308], [0.0, true], "and beyond");
    check.fails("division by zero", fun () { return new rational(1, 0); });
    check.fails("division by zero", fun () { return new rational(0, 1).pow(-1); });
    check.fails("not a whole number: \"x\"", fun () { return rational.parse("x"); });
    check.fails("not a number: \"1.-5\"", fun () { return rational.parse("1.-5"); });
    check.part("fractions");
}

reading();
arithmetic();
laws();
fractions();
