// Functions of numbers. They give the same results on every machine.

package .internal;

class math {
    // The circumference of a circle by its diameter.
    public const static double PI = 3.141592653589793;
    // The base of the natural logarithm.
    public const static double E = 2.718281828459045;

    // The angle of a cosine.
    static double acos(double x) @primitive(math_acos);
    // The angle of a sine.
    static double asin(double x) @primitive(math_asin);
    // The angle of a tangent.
    static double atan(double x) @primitive(math_atan);
    // The cubic root.
    static double cbrt(double x) @primitive(math_cbrt);
    // The least whole number that is not below it.
    static double ceil(double x) @primitive(math_ceil);
    // The cosine of an angle, in radians like all.
    static double cos(double x) @primitive(math_cos);
    // The hyperbolic cosine.
    static double cosh(double x) @primitive(math_cosh);
    // E to the power of x.
    static double exp(double x) @primitive(math_exp);
    // exp(x) - 1, exact also near 0.
    static double expm1(double x) @primitive(math_expm1);
    // Without its sign.
    static double fabs(double x) @primitive(math_fabs);
    // The largest whole number that is not above it.
    static double floor(double x) @primitive(math_floor);
    // The natural logarithm.
    static double log(double x) @primitive(math_log);
    // The logarithm to the base of 10.
    static double log10(double x) @primitive(math_log10);
    // log(1 + x), exact also near 0.
    static double log1p(double x) @primitive(math_log1p);
    // The nearest whole number, the even one of two.
    static double rint(double x) @primitive(math_rint);
    // The sine of an angle.
    static double sin(double x) @primitive(math_sin);
    // The hyperbolic sine.
    static double sinh(double x) @primitive(math_sinh);
    // The square root.
    static double sqrt(double x) @primitive(math_sqrt);
    // The tangent of an angle.
    static double tan(double x) @primitive(math_tan);
    // The hyperbolic tangent.
    static double tanh(double x) @primitive(math_tanh);

    // The angle of the point (x, y).
    static double atan2(double y, double x) @primitive(math_atan2);
    // What is left of x / y; it has the sign of x.
    static double fmod(double x, double y) @primitive(math_fmod);
    // The length of the way to the point (x, y).
    static double hypot(double x, double y) @primitive(math_hypot);
    // x to the power of y.
    static double pow(double x, double y) @primitive(math_pow);

    // Without its sign.
    static int abs(int x) {
        return x < 0 ? -x : x;
    }

    // Without its sign.
    static long abs(long x) {
        return x < 0L ? -x : x;
    }

    // Without its sign.
    static double abs(double x) {
        return fabs(x);
    }

    // The lesser of two.
    static int min(int a, int b) {
        return a < b ? a : b;
    }

    // The lesser of two.
    static long min(long a, long b) {
        return a < b ? a : b;
    }

    // The lesser of two.
    static double min(double a, double b) {
        return a < b ? a : b;
    }

    // The larger of two.
    static int max(int a, int b) {
        return a > b ? a : b;
    }

    // The larger of two.
    static long max(long a, long b) {
        return a > b ? a : b;
    }

    // The larger of two.
    static double max(double a, double b) {
        return a > b ? a : b;
    }

    // To the nearest whole number, half up.
    static long round(double x) {
        return (long) floor(x + 0.5);
    }

    // The whole number that is left without what stands behind the point.
    static double trunc(double x) {
        return x < 0.0 ? ceil(x) : floor(x);
    }

    // -1, 0 or 1.
    static int sign(double x) {
        return x < 0.0 ? -1 : x > 0.0 ? 1 : 0;
    }

    // The nearest to x of all from `low` to `high`.
    static int clamp(int x, int low, int high) {
        return x < low ? low : x > high ? high : x;
    }

    // The nearest to x of all from `low` to `high`.
    static double clamp(double x, double low, double high) {
        return x < low ? low : x > high ? high : x;
    }

    // a / b, cut towards negative infinity; an arithmetic error if b is 0.
    static long floorDiv(long a, long b) {
        long quotient = a / b;
        return a % b != 0L && (a < 0L) != (b < 0L) ? quotient - 1L : quotient;
    }

    // What is left of that; it has the sign of b.
    static long floorMod(long a, long b) {
        long rest = a % b;
        return rest != 0L && (rest < 0L) != (b < 0L) ? rest + b : rest;
    }

    // The largest number that divides both; 0 for two zeroes.
    static long gcd(long a, long b) {
        while (b != 0L) {
            long rest = a % b;
            a = b;
            b = rest;
        }
        return a < 0L ? -a : a;
    }

    // The logarithm to the base of 2.
    static double log2(double x) {
        return log(x) / 0.6931471805599453;
    }

    // An angle in degrees as one in radians.
    static double toRadians(double degrees) {
        return degrees / 180.0 * PI;
    }

    // An angle in radians as one in degrees.
    static double toDegrees(double radians) {
        return radians * 180.0 / PI;
    }
}
