// Fractions of two bigints in lowest terms; they never change. Where a rational is wanted as the other side, an int,
// a long or a bigint does.

package .phantom;

class rational {
    private const static int DIGITS_PLAIN = 300;    // such a number is not too large for a double
    private const static int DIGITS_ENOUGH = 40;    // more than a double has

    private bigint over;
    private bigint under;

    // A fraction of two whole numbers; an arithmetic error if the second is 0.
    void rational(any numerator, any denominator) {
        bigint a = bigint.of(numerator);
        bigint b = bigint.of(denominator);
        if (b.sign() == 0)
            throw new .internal.error.arithmetic("division by zero");
        bigint common = b.sign() < 0 ? a.gcd(b).negate() : a.gcd(b);
        over = a.divide(common);
        under = b.divide(common);
    }

    // The number of a rational or a whole number.
    static rational of(any number) {
        if (number instanceof rational)
            return number;
        return new rational(number, 1);
    }

    // The number of a text such as "3", "-3/4" or "1.25".
    static rational parse(string text) {
        if (text.contains("/"))
            return new rational(bigint.parse(text.before("/")), bigint.parse(text.after("/")));
        string behind = text.after(".");
        if (behind.contains("-") || behind.contains("+"))
            throw new .internal.error.argument("not a number: \"\{text}\"");
        return new rational(bigint.parse(text.before(".") + behind), bigint.of(10).pow(behind.length()));
    }

    // What stands above the line.
    bigint numerator() {
        return over;
    }

    // What stands below it, above 0.
    bigint denominator() {
        return under;
    }

    // This and another one added.
    rational add(any other) {
        rational that = of(other);
        return new rational(over.multiply(that.under).add(that.over.multiply(under)), under.multiply(that.under));
    }

    // This without another one.
    rational subtract(any other) {
        return add(of(other).negate());
    }

    // This times another one.
    rational multiply(any other) {
        rational that = of(other);
        return new rational(over.multiply(that.over), under.multiply(that.under));
    }

    // This divided by another one; an arithmetic error if that is 0.
    rational divide(any other) {
        rational that = of(other);
        return new rational(over.multiply(that.under), under.multiply(that.over));
    }

    // This to a power, which may be negative.
    rational pow(int exponent) {
        if (exponent < 0)
            return new rational(under.pow(-exponent), over.pow(-exponent));
        return new rational(over.pow(exponent), under.pow(exponent));
    }

    // The same with the other sign.
    rational negate() {
        return new rational(over.negate(), under);
    }

    // -1, 0 or 1.
    int sign() {
        return over.sign();
    }

    // The largest whole number that is not above it.
    bigint floor() {
        return over.subtract(over.modulo(under)).divide(under);
    }

    // The nearest whole number, half away from zero.
    bigint round() {
        bigint twice = over.abs().multiply(2).add(under).divide(under.multiply(2));
        return over.sign() < 0 ? twice.negate() : twice;
    }

    // Less than, equal to, or greater than 0.
    int compareTo(any other) {
        rational that = of(other);
        return over.multiply(that.under).compareTo(that.over.multiply(under));
    }

    // True for the same number, as a rational or a whole number.
    boolean equals(any other) [4] {
        if (other instanceof rational)
            return ((rational) other).over == over && ((rational) other).under == under;
        return under == bigint.of(1) && over.equals(other);
    }

    int hashCode() [15] {
        return under == bigint.of(1) ? over.hashCode() : 31 * over.hashCode() + under.hashCode();
    }

    // A double near it.
    double toDouble() {
        if (over.digitCount() <= DIGITS_PLAIN && under.digitCount() <= DIGITS_PLAIN)
            return over.toDouble() / under.toDouble();
        int shift = DIGITS_ENOUGH - over.digitCount() + under.digitCount();
        bigint power = bigint.of(10).pow(.internal.math.abs(shift));
        bigint digits = shift < 0 ? over.divide(under.multiply(power)) : over.multiply(power).divide(under);
        return (digits.toString() + "e" + (-shift)).toDouble();
    }

    // "3/4", or "3" for a whole number.
    string toString() [5] {
        return under == bigint.of(1) ? over.toString() : over.toString() + "/" + under.toString();
    }
}
