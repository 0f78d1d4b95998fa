// Whole numbers of any size; they never change. Where a bigint is wanted as the other side, an int or a long does.
//
// The absolute value lies in limbs of nine decimal digits, the lowest first, without zeroes on top. So reading and
// printing take a walk each, and a product of two limbs, with what is carried, fits a long.

package .phantom;

import .phantom.text.builder;

class bigint {
    private const static int BASE = 1000000000;
    private const static int DIGITS = 9;

    // More decimal digits than this are refused.
    private const static long DIGITS_MAX = 1000000000L;

    private .internal.ints limbs;
    private int count;
    private int theSign;

    // Takes the limbs; those on top may be zero.
    private void bigint(.internal.ints limbs0, int sign0) {
        limbs = limbs0;
        count = limbs0.size();
        while (count > 0 && limbs[count - 1] == 0)
            count--;
        theSign = count == 0 ? 0 : sign0;
    }

    // ---- making ----

    // The number of an int, a long, or a bigint; an argument error for anything else.
    static bigint of(any number) {
        if (number instanceof bigint)
            return number;
        if (number instanceof .internal.int || number instanceof .internal.long)
            return ofLong(number);
        throw new .internal.error.argument("not a whole number: \{number}");
    }

    // The number of a decimal text, with a sign in front or none.
    static bigint parse(string text) {
        int from = startOfDigits(text);
        .internal.chars units = text.toChars();
        int end = units.size();
        .internal.ints limbs = new .internal.ints((end - from + DIGITS - 1) / DIGITS);
        for (int i = 0; i < limbs.size(); i++) {
            int high = end - DIGITS * i;
            int limb = 0;
            for (int at = high - DIGITS < from ? from : high - DIGITS; at < high; at++) {
                int digit = units[at] - '0';
                if (digit < 0 || digit > 9)
                    refuseText(text);
                limb = limb * 10 + digit;
            }
            limbs[i] = limb;
        }
        return new bigint(limbs, text.charAt(0) == '-' ? -1 : 1);
    }

    // The same with digits below `radix`, 2 to 36.
    static bigint parse(string text, int radix) {
        if (radix == 10)
            return parse(text);
        checkRadix(radix);
        bigint result = of(0);
        for (int at = startOfDigits(text); at < text.length(); at++) {
            int digit = text.charAt(at).digit(radix);
            if (digit < 0)
                refuseText(text);
            result = result.timesSmall(radix, digit);
        }
        return text.charAt(0) == '-' ? result.negate() : result;
    }

    // ---- arithmetic ----

    // This and another one added.
    bigint add(any other) {
        bigint that = of(other);
        if (that.theSign == 0)
            return this;
        if (theSign == 0)
            return that;
        if (theSign == that.theSign)
            return new bigint(sum(this, that), theSign);
        int larger = compareSizes(this, that);
        if (larger == 0)
            return of(0);
        return larger > 0 ? new bigint(difference(this, that), theSign)
            : new bigint(difference(that, this), that.theSign);
    }

    // This without another one.
    bigint subtract(any other) {
        return add(of(other).negate());
    }

    // This times another one.
    bigint multiply(any other) {
        bigint that = of(other);
        checkDigits(((long) count + that.count) * DIGITS);
        return new bigint(product(this, that), theSign * that.theSign);
    }

    // This divided by another one, cut towards zero; an arithmetic error if that is 0.
    bigint divide(any other) {
        return divideWithRest(other).first();
    }

    // What is left of this division; it has the sign of this number, as with ints.
    bigint remainder(any other) {
        return divideWithRest(other).last();
    }

    // What is left if the quotient is cut towards negative infinity; it has the sign of the other number.
    bigint modulo(any other) {
        bigint that = of(other);
        bigint rest = remainder(that);
        return rest.theSign != 0 && rest.theSign != that.theSign ? rest.add(that) : rest;
    }

    // An array of two: divide and remainder at once.
    any divideWithRest(any other) {
        bigint that = of(other);
        bigint quotient = of(0);
        bigint rest = this;
        if (that.theSign == 0)
            throw new .internal.error.arithmetic("division by zero");
        if (compareSizes(this, that) >= 0) {
            .internal.ints left = new .internal.ints(that.count);
            .internal.ints result = that.count == 1 ? quotientSmall(this, that.limbs[0], left)
                : quotientLarge(this, that, left);
            quotient = new bigint(result, theSign * that.theSign);
            rest = new bigint(left, theSign);
        }
        return [quotient, rest];
    }

    // This to the power of `exponent`, 0 or more.
    bigint pow(int exponent) {
        bigint result = of(1);
        bigint square = this;
        if (exponent < 0)
            throw new .internal.error.argument("a bigint to the power of \{exponent}");
        if (count > 1 || (count == 1 && limbs[0] > 1))
            checkDigits((long) (digitCount() - 1) * exponent);
        for (int left = exponent; left > 0; left = left >> 1) {
            if ((left & 1) != 0)
                result = result.multiply(square);
            if (left > 1)
                square = square.multiply(square);
        }
        return result;
    }

    // This to the power of another one, 0 or more, modulo a third.
    bigint modPow(any exponent, any modulus) {
        bigint left = of(exponent);
        bigint modus = of(modulus);
        bigint square = modulo(modus);
        bigint result = of(1).modulo(modus);
        if (left.theSign < 0)
            throw new .internal.error.argument("a bigint to the power of \{left}");
        while (left.theSign != 0) {
            any halves = left.divideWithRest(2);
            if (((bigint) halves.last()).theSign != 0)
                result = result.multiply(square).modulo(modus);
            square = square.multiply(square).modulo(modus);
            left = halves.first();
        }
        return result;
    }

    // The largest number that divides both; 0 for two zeroes.
    bigint gcd(any other) {
        bigint a = abs();
        bigint b = of(other).abs();
        while (b.theSign != 0) {
            bigint rest = a.remainder(b);
            a = b;
            b = rest;
        }
        return a;
    }

    // The largest number whose square is not above this one.
    bigint sqrt() {
        if (theSign < 0)
            throw new .internal.error.arithmetic("the root of a negative number");
        bigint root = of(10).pow((digitCount() + 1) / 2);
        for (;;) {
            bigint next = root.add(root.theSign == 0 ? root : divide(root)).divide(2);
            if (next.compareTo(root) >= 0)
                return root;
            root = next;
        }
    }

    // The same with the other sign.
    bigint negate() {
        return new bigint(limbs, -theSign);
    }

    // The same without a sign.
    bigint abs() {
        return theSign < 0 ? negate() : this;
    }

    // ---- looking ----

    // -1, 0 or 1.
    int sign() {
        return theSign;
    }

    // Is it a multiple of 2?
    boolean isEven() {
        return count == 0 || (limbs[0] & 1) == 0;
    }

    // How many decimal digits it has; 1 for 0.
    int digitCount() {
        int digits = count == 0 ? 1 : (count - 1) * DIGITS;
        if (count > 0)
            digits += limbs[count - 1].toString().length();
        return digits;
    }

    // Less than, equal to, or greater than 0.
    int compareTo(any other) {
        bigint that = of(other);
        if (theSign != that.theSign)
            return theSign < that.theSign ? -1 : 1;
        return theSign * compareSizes(this, that);
    }

    // True for the same number, as a bigint, an int or a long.
    boolean equals(any other) [4] {
        boolean whole = other instanceof bigint || other instanceof .internal.int || other instanceof .internal.long;
        return whole && compareTo(other) == 0;
    }

    // That of the long, if it is one.
    int hashCode() [15] {
        if (fitsLong())
            return toLong().hashCode();
        int hash = theSign;
        for (int i = 0; i < count; i++)
            hash = 31 * hash + limbs[i];
        return hash;
    }

    // Does it fit a long?
    boolean fitsLong() {
        return compareTo(.internal.long.MIN) >= 0 && compareTo(.internal.long.MAX) <= 0;
    }

    // The int of the same value; an arithmetic error if there is none.
    int toInt() {
        if (compareTo(.internal.int.MIN) < 0 || compareTo(.internal.int.MAX) > 0)
            throw new .internal.error.arithmetic("too large for an int");
        return (int) toLong();
    }

    // The long of the same value; an arithmetic error if there is none.
    long toLong() {
        if (count > 3 || !fitsLong())
            throw new .internal.error.arithmetic("too large for a long");
        long value = 0L;
        for (int i = count - 1; i >= 0; i--)
            value = value * BASE + limbs[i];
        return theSign < 0 ? -value : value;
    }

    // The nearest double; infinite if it is too large.
    double toDouble() {
        string text = toString();
        int most = 700;
        return text.length() <= most ? text.toDouble()
            : (text.substring(0, most) + "e" + (text.length() - most)).toDouble();
    }

    string toString() [5] {
        builder text = new builder();
        if (count == 0)
            return "0";
        if (theSign < 0)
            text.add("-");
        text.add(limbs[count - 1].toString());
        for (int i = count - 2; i >= 0; i--)
            text.add(limbs[i].toString().padLeft(DIGITS, '0'));
        return text.toString();
    }

    // With digits below `radix`, 2 to 36.
    string toString(int radix) {
        if (radix == 10 || count == 0)
            return toString();
        checkRadix(radix);
        int places = 1;
        int unit = radix;
        for (; (long) unit * radix < BASE; places++)
            unit *= radix;
        string[] parts = [];
        .internal.ints rest = new .internal.ints(1);
        for (bigint left = abs(); left.theSign != 0;) {
            left = new bigint(quotientSmall(left, unit, rest), 1);
            string part = rest[0].toString(radix);
            parts.add(left.theSign == 0 ? part : part.padLeft(places, '0'));
        }
        parts.add(theSign < 0 ? "-" : "");
        parts.reverse();
        return "".join(parts);
    }

    // ---- the absolute values ----

    private static bigint ofLong(long number) {
        .internal.ints limbs = new .internal.ints(3);
        long left = number;
        for (int i = 0; i < 3; i++) {
            int limb = (int) (left % BASE);
            limbs[i] = limb < 0 ? -limb : limb;
            left /= BASE;
        }
        return new bigint(limbs, number < 0L ? -1 : 1);
    }

    private bigint timesSmall(int factor, int plus) {
        .internal.ints result = new .internal.ints(count + 1);
        long carry = plus;
        for (int i = 0; i < count; i++) {
            long value = (long) limbs[i] * factor + carry;
            carry = value / BASE;
            result[i] = (int) (value - carry * BASE);
        }
        result[count] = (int) carry;
        return new bigint(result, 1);
    }

    private static int compareSizes(bigint a, bigint b) {
        if (a.count != b.count)
            return a.count < b.count ? -1 : 1;
        for (int i = a.count - 1; i >= 0; i--) {
            if (a.limbs[i] != b.limbs[i])
                return a.limbs[i] < b.limbs[i] ? -1 : 1;
        }
        return 0;
    }

    private static .internal.ints sum(bigint a, bigint b) {
        bigint most = a.count >= b.count ? a : b;
        bigint least = a.count >= b.count ? b : a;
        .internal.ints result = new .internal.ints(most.count + 1);
        int carry = 0;
        for (int i = 0; i < most.count; i++) {
            int limb = most.limbs[i] + carry + (i < least.count ? least.limbs[i] : 0);
            carry = limb >= BASE ? 1 : 0;
            result[i] = carry == 1 ? limb - BASE : limb;
        }
        result[most.count] = carry;
        return result;
    }

    // `a` is not less than `b`.
    private static .internal.ints difference(bigint a, bigint b) {
        .internal.ints result = new .internal.ints(a.count);
        int borrow = 0;
        for (int i = 0; i < a.count; i++) {
            int limb = a.limbs[i] - borrow - (i < b.count ? b.limbs[i] : 0);
            borrow = limb < 0 ? 1 : 0;
            result[i] = borrow == 1 ? limb + BASE : limb;
        }
        return result;
    }

    private static .internal.ints product(bigint a, bigint b) {
        .internal.ints result = new .internal.ints(a.count + b.count);
        .internal.ints factors = b.limbs;
        int factorCount = b.count;
        for (int i = 0; i < a.count; i++) {
            long factor = a.limbs[i];
            long carry = 0L;
            int at = i;
            for (int j = 0; j < factorCount; j++) {
                long value = factor * factors[j] + result[at] + carry;
                carry = value / BASE;
                result[at] = (int) (value - carry * BASE);
                at++;
            }
            result[at] = (int) carry;
        }
        return result;
    }

    // The rest comes to rest[0].
    private static .internal.ints quotientSmall(bigint a, int divisor, .internal.ints rest) {
        .internal.ints result = new .internal.ints(a.count);
        long left = 0L;
        for (int i = a.count - 1; i >= 0; i--) {
            left = left * BASE + a.limbs[i];
            result[i] = (int) (left / divisor);
            left = left % divisor;
        }
        rest[0] = (int) left;
        return result;
    }

    // By long division, as Knuth has it (The Art of Computer Programming, 4.3.1, algorithm D): both are scaled so
    // that the divisor's top limb is at least half the base; then a guess from the top limbs is at most 2 too
    // large, and is put right before it is used or after. b has two limbs or more.
    private static .internal.ints quotientLarge(bigint a, bigint b, .internal.ints rest) {
        int scale = BASE / (b.limbs[b.count - 1] + 1);
        .internal.ints top = a.timesSmall(scale, 0).padded(a.count + 1);
        .internal.ints by = b.timesSmall(scale, 0).padded(b.count);
        .internal.ints result = new .internal.ints(a.count - b.count + 1);
        int n = b.count;
        for (int j = a.count - n; j >= 0; j--) {
            int guess = guessDigit(top, by, j, n);
            if (takeAway(top, by, guess, j, n)) {
                guess--;
                putBack(top, by, j, n);
            }
            result[j] = guess;
        }
        bigint left = new bigint(top, 1);
        .internal.ints small = new .internal.ints(1);
        .internal.system.copyArray(quotientSmall(left, scale, small), 0, rest, 0, left.count);
        return result;
    }

    private .internal.ints padded(int length) {
        .internal.ints result = new .internal.ints(length);
        .internal.system.copyArray(limbs, 0, result, 0, count);
        return result;
    }

    private static int guessDigit(.internal.ints top, .internal.ints by, int j, int n) {
        long high = (long) top[j + n] * BASE + top[j + n - 1];
        long guess = high / by[n - 1];
        long rest = high - guess * by[n - 1];
        while (guess >= BASE || guess * by[n - 2] > rest * BASE + top[j + n - 2]) {
            guess--;
            rest += by[n - 1];
            if (rest >= BASE)
                break;
        }
        return (int) guess;
    }

    // True if more was taken away than was there.
    private static boolean takeAway(.internal.ints top, .internal.ints by, int guess, int j, int n) {
        long carry = 0L;
        int borrow = 0;
        for (int i = 0; i < n; i++) {
            long value = (long) guess * by[i] + carry;
            carry = value / BASE;
            int limb = top[i + j] - borrow - (int) (value - carry * BASE);
            borrow = limb < 0 ? 1 : 0;
            top[i + j] = borrow == 1 ? limb + BASE : limb;
        }
        int limb = top[j + n] - borrow - (int) carry;
        top[j + n] = limb < 0 ? limb + BASE : limb;
        return limb < 0;
    }

    private static void putBack(.internal.ints top, .internal.ints by, int j, int n) {
        int carry = 0;
        for (int i = 0; i < n; i++) {
            int limb = top[i + j] + by[i] + carry;
            carry = limb >= BASE ? 1 : 0;
            top[i + j] = carry == 1 ? limb - BASE : limb;
        }
        top[j + n] = (top[j + n] + carry) % BASE;
    }

    // ---- bad input ----

    private static int startOfDigits(string text) {
        int from = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
        if (text.length() == from)
            refuseText(text);
        checkDigits(text.length());
        return from;
    }

    private static void refuseText(string text) {
        string shown = text.length() <= 40 ? text : text.substring(0, 40);
        throw new .internal.error.argument("not a whole number: \"\{shown}\"");
    }

    private static void checkRadix(int radix) {
        if (radix < 2 || radix > 36)
            throw new .internal.error.argument("a radix of \{radix}");
    }

    private static void checkDigits(long digits) {
        if (digits > DIGITS_MAX)
            throw new .internal.error.memory("a whole number of \{digits} digits is too long");
    }
}
