// times.ph - durations, dates, moments; and the functions of numbers and of chance.

import .support.check;

void durations() {
    check.same(duration.ofSeconds(3725).toString(), "1h 2m 5s", "toString");
    check.same(duration.ofMillis(250).toString(), "0.25s", "a fraction");
    check.same(duration.ofNanos(0).toString(), "0s", "none");
    check.same(duration.ofHours(2).toString(), "2h", "hours");
    check.same(duration.ofMinutes(-1).toString(), "-1m", "negative");
    check.same(duration.ofNanos(long.MIN).toString(), "-2562047h 47m 16.854775808s", "the least");
    check.same(duration.ofNanos(long.MAX).toString(), "2562047h 47m 16.854775807s", "the largest");
    check.same(duration.ofDays(1).add(duration.ofHours(1)).millis(), 90000000L, "add");
    check.same(duration.ofSeconds(1).subtract(duration.ofMillis(1)).seconds(), 0.999, "subtract");
    check.same(duration.ofSeconds(3).multiply(3).divide(2).millis(), 4500L, "multiply and divide");
    check.same(duration.ofSeconds(60) == duration.ofMinutes(1), true, "equals");
    check.same([duration.ofHours(1), duration.ofMinutes(3)].min().toString(), "3m", "compareTo");
    stopwatch watch = new stopwatch();
    sleep(2);
    check.good(watch.elapsed().millis() >= 2L, "elapsed");
    check.good(watch.restart().millis() >= 2L, "restart");
    check.good(watch.toString().endsWith("s"), "a stopwatch as text");
    check.fails("a duration is too long", fun () { return duration.ofDays(1000000000L); });
    check.fails("a duration is too long", fun () { return duration.ofNanos(long.MAX).add(duration.ofNanos(1)); });
    check.fails("a duration is too long", fun () { return duration.ofNanos(long.MIN).multiply(-1); });
    check.fails("division by zero", fun () { return duration.ofNanos(1).divide(0); });
    check.same(duration.ofMillis(2).nanos(), 2000000L, "nanos");
    check.part("durations");
}

void dates() {
    date d = new date(2024, 2, 29);
    check.same(d.toString(), "2024-02-29", "toString");
    check.same(d.days(), 19782L, "days");
    check.same(new date(1970, 1, 1).days(), 0L, "the first of all");
    check.same(d.weekday(), 4, "a Thursday");
    check.same(new date(1970, 1, 1).weekday(), 4, "and another");
    check.same(new date(1, 1, 1).weekday(), 1, "a Monday long ago");
    check.same(d.dayOfYear(), 60, "dayOfYear");
    check.same(d.isLeapYear(), true, "isLeapYear");
    check.same(new date(1900, 1, 1).isLeapYear(), false, "1900 is none");
    check.same(new date(2000, 1, 1).isLeapYear(), true, "2000 is one");
    check.same(d.daysInMonth(), 29, "daysInMonth");
    check.same(d.plusDays(1).toString(), "2024-03-01", "plusDays");
    check.same(d.plusDays(-60).toString(), "2023-12-31", "before");
    check.same(d.plusMonths(12).toString(), "2025-02-28", "plusMonths");
    check.same(new date(2024, 1, 31).plusMonths(-11).toString(), "2023-02-28", "months before");
    check.same(d.plusYears(4).toString(), "2028-02-29", "plusYears");
    check.same(d.daysUntil(new date(2025, 2, 28)), 365L, "daysUntil");
    check.same(date.parse("-0044-03-15").toString(), "-0044-03-15", "long ago");
    check.same(date.parse("2024-02-29") == d, true, "parse");
    check.good(d.compareTo(new date(2024, 3, 1)) < 0, "compareTo");
    int wrong = 0;
    for (long n = -4371587L; n <= 2932896L; n += 39973L) {
        date day = date.ofDays(n);
        if (day.days() != n || date.parse(day.toString()) != day)
            wrong++;
    }
    check.same(wrong, 0, "there and back");
    check.good(date.today().year() >= 2024, "today");
    check.fails("no such day: 2023-2-29", fun () { return new date(2023, 2, 29); });
    check.fails("no such day: 2023-13-1", fun () { return new date(2023, 13, 1); });
    check.fails("no such day: 10000-1-1", fun () { return new date(9999, 12, 1).plusMonths(1); });
    check.fails("no such day: 9000000000 days from 1970-01-01", fun () { return date.ofDays(9000000000L); });
    check.fails("not a date: \"2024-2-29\"", fun () { return date.parse("2024-2-29"); });
    check.same([date.parse("2024-02-29").month(), date.parse("2024-02-29").day()], [2, 29], "month and day");
    check.fails("no such day: 2000000000 years from 2024-02-29", fun () { return date.parse("2024-02-29").plusYears(2000000000); });
    check.part("dates");
}

void moments() {
    date_time t = date_time.of(2024, 2, 29, 12, 30, 5);
    check.same(t.toString(), "2024-02-29T12:30:05Z", "toString");
    check.same(t.millis(), 1709209805000L, "millis");
    check.same(date_time.ofMillis(-1).toString(), "1969-12-31T23:59:59.999Z", "before 1970");
    check.same([t.hour(), t.minute(), t.second(), t.millisecond()], [12, 30, 5, 0], "fields");
    check.same(t.date().toString(), "2024-02-29", "date");
    check.same(t.plus(duration.ofHours(12)).toString(), "2024-03-01T00:30:05Z", "plus");
    check.same(t.atOffset(-90).hour(), 11, "atOffset");
    check.same(t.until(t.plusMillis(1500)).toString(), "1.5s", "until");
    check.same(date_time.parse("2024-02-29T12:30:05Z") == t, true, "parse");
    check.same(date_time.parse("2024-02-29 12:30").toString(), "2024-02-29T12:30:00Z", "parse without seconds");
    check.same(date_time.parse("2024-02-29T12:30:05.25+02:00").toString(), "2024-02-29T10:30:05.250Z", "parse with an offset");
    check.same(date_time.parse("2024-02-29T22:30:05-0230").toString(), "2024-03-01T01:00:05Z", "parse to the west");
    check.good(date_time.now().millis() > 1700000000000L, "now");
    check.good(t.compareTo(t.plusMillis(1)) < 0, "compareTo");
    check.fails("no such time: 24:0:0", fun () { return date_time.of(2024, 1, 1, 24, 0, 0); });
    check.fails("no such time: 12:60:0", fun () { return date_time.parse("2024-01-01T12:60"); });
    check.fails("not a date and time: \"noon\"", fun () { return date_time.parse("noon"); });
    check.part("moments");
}

void mathematics() {
    check.same(math.trunc(-2.7), -2.0, "trunc");
    check.same(math.sign(-0.1), -1, "sign");
    check.same(math.clamp(15, 0, 10), 10, "clamp");
    check.same(math.clamp(-0.5, 0.0, 1.0), 0.0, "clamp a double");
    check.same([math.floorDiv(-7L, 2L), math.floorMod(-7L, 2L)], [-4L, 1L], "floorDiv and floorMod");
    check.same([math.floorDiv(7L, -2L), math.floorMod(7L, -2L)], [-4L, -1L], "and of a negative one");
    check.same(math.gcd(-12L, 18L), 6L, "gcd");
    check.same(math.round(-2.5), -2L, "round");
    check.same("%.6f".format([math.log2(10.0)]), "3.321928", "log2");
    check.same("%.6f".format([math.sin(math.toRadians(30.0))]), "0.500000", "toRadians");
    check.same(math.toDegrees(math.PI), 180.0, "toDegrees");
    check.same([(0x7fff).bitCount(), (-1L).bitCount(), (5).bitCount()], [15, 64, 2], "bitCount");
    check.same([int.MAX + 1 == int.MIN, long.MAX + 1L == long.MIN], [true, true], "the limits");
    check.same((1.0 / 0.0).isFinite(), false, "isFinite");
    check.same((0.0 / 0.0).isNaN(), true, "isNaN");
    check.same("%.5f %.5f %.5f".format([math.acos(0.5), math.asin(0.5), math.atan(1.0)]), "1.04720 0.52360 0.78540", "angles");
    check.same("%.5f %.5f %.5f".format([math.sinh(1.0), math.cosh(1.0), math.tanh(1.0)]), "1.17520 1.54308 0.76159", "hyperbolic ones");
    check.same([math.acos(2.0).isNaN(), math.asin(-2.0).isNaN(), math.tanh(1000.0)], [true, true, 1.0], "beyond");
    check.same([math.expm1(1.0e-12) > 1.0e-12, math.log1p(1.0e-12) < 1.0e-12, math.expm1(0.0)], [true, true, 0.0], "near 0");
    check.same([math.log1p(-1.0), math.expm1(-1000.0)], [-1.0 / 0.0, -1.0], "at their ends");
    check.same([math.fabs(-2.5), 1.0 / math.fabs(-0.0)], [2.5, 1.0 / 0.0], "fabs");
    check.same([math.rint(2.5), math.rint(3.5), math.rint(-0.2) :== -0.0], [2.0, 4.0, true], "rint");
    check.fails("division by zero", fun () { return math.floorDiv(1L, 0L); });
    check.part("mathematics");
}

void chance() {
    random a = new random(42L);
    random b = new random(42L);
    check.same([a.next(100), a.next(100), a.next(100)], [b.next(100), b.next(100), b.next(100)], "the same row");
    int wrong = 0;
    double sum = 0.0;
    for (int i = 0; i < 2000; i++) {
        int n = a.next(-3, 3);
        double d = a.nextDouble();
        if (n < -3 || n > 3 || d < 0.0 || d >= 1.0)
            wrong++;
        sum += a.nextGaussian();
    }
    check.same(wrong, 0, "within their limits");
    check.good(math.abs(sum / 2000.0) < 0.1, "the mean of the normal distribution");
    check.good(a.next(int.MIN, int.MAX) != a.next(int.MIN, int.MAX), "any int");
    int heads = 0;
    int negative = 0;
    for (int i = 0; i < 1000; i++) {
        heads += a.nextBoolean();
        negative += a.nextInt() < 0;
    }
    check.good(heads > 400 && heads < 600 && negative > 400 && negative < 600, "nextBoolean and nextInt");
    check.good(["x", "y"].has(a.pick(["x", "y"])), "pick");
    check.same(a.sample([1, 2, 3, 4], 4).sorted(), [1, 2, 3, 4], "sample");
    check.same(a.sample([1, 2, 3, 4], 2).distinct().size(), 2, "sample of some");
    check.fails("random(0)", fun () { return a.next(0); });
    check.fails("a random number from 2 to 1", fun () { return a.next(2, 1); });
    check.fails("one of no items", fun () { return a.pick([]); });
    check.fails("3 of 2 items", fun () { return a.sample([1, 2], 3); });
    check.part("chance");
}

durations();
dates();
moments();
mathematics();
chance();
