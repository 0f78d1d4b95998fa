// Functions of numbers. They give the same results on every machine.

package .internal;

class math {
    public const static double PI = 3.141592653589793;
    public const static double E = 2.718281828459045;

    static double acos(double x) @primitive(math_acos);
    static double asin(double x) @primitive(math_asin);
    static double atan(double x) @primitive(math_atan);
    static double cbrt(double x) @primitive(math_cbrt);
    static double ceil(double x) @primitive(math_ceil);
    static double cos(double x) @primitive(math_cos);
    static double cosh(double x) @primitive(math_cosh);
    static double exp(double x) @primitive(math_exp);
    static double expm1(double x) @primitive(math_expm1);
    static double fabs(double x) @primitive(math_fabs);
    static double floor(double x) @primitive(math_floor);
    static double log(double x) @primitive(math_log);
    static double log10(double x) @primitive(math_log10);
    static double log1p(double x) @primitive(math_log1p);
    static double rint(double x) @primitive(math_rint);
    static double sin(double x) @primitive(math_sin);
    static double sinh(double x) @primitive(math_sinh);
    static double sqrt(double x) @primitive(math_sqrt);
    static double tan(double x) @primitive(math_tan);
    static double tanh(double x) @primitive(math_tanh);

    // The angle of the point (x, y).
    static double atan2(double y, double x) @primitive(math_atan2);
    static double fmod(double x, double y) @primitive(math_fmod);
    static double hypot(double x, double y) @primitive(math_hypot);
    static double pow(double x, double y) @primitive(math_pow);

    static int abs(int x) {
        return x < 0 ? -x : x;
    }

    static long abs(long x) {
        return x < 0L ? -x : x;
    }

    static double abs(double x) {
        return fabs(x);
    }

    static int min(int a, int b) {
        return a < b ? a : b;
    }

    static long min(long a, long b) {
        return a < b ? a : b;
    }

    static double min(double a, double b) {
        return a < b ? a : b;
    }

    static int max(int a, int b) {
        return a > b ? a : b;
    }

    static long max(long a, long b) {
        return a > b ? a : b;
    }

    static double max(double a, double b) {
        return a > b ? a : b;
    }

    // To the nearest whole number, half up.
    static long round(double x) {
        return (long) floor(x + 0.5);
    }
}
