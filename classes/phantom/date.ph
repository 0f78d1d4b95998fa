// A day of the civil calendar (Gregorian, also for the days before it was made), years -9999 to 9999. Dates never
// change.

package .phantom;

class date {
    private const static int YEAR_MAX = 9999;
    private const static regex pattern = new regex("(-?\\d{4})-(\\d\\d)-(\\d\\d)");

    private int theYear;
    private int theMonth;
    private int theDay;

    // A day; an argument error if there is none such.
    void date(int year, int month, int day) {
        theYear = year;
        theMonth = month;
        theDay = day;
        if (year < -YEAR_MAX || year > YEAR_MAX || month < 1 || month > 12 || day < 1 || day > daysIn(year, month))
            throw new .internal.error.argument("no such day: \{year}-\{month}-\{day}");
    }

    // The day so many days after 1970-01-01.
    static date ofDays(long days) {
        if (days < -4371587L || days > 2932896L)
            throw new .internal.error.argument("no such day: \{days} days from 1970-01-01");
        int z = (int) days + 719468;                    // from 0000-03-01, where the leap day is the last of a year
        int era = (z >= 0 ? z : z - 146096) / 146097;   // of 400 years
        int dayOfEra = z - era * 146097;
        int yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
        int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        int marchMonth = (5 * dayOfYear + 2) / 153;
        int day = dayOfYear - (153 * marchMonth + 2) / 5 + 1;
        int month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
        return new date(yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day);
    }

    // The day of a text such as "2024-02-29".
    static date parse(string text) {
        regex_match found = pattern.match(text);
        if (found == null)
            throw new .internal.error.argument("not a date: \"\{text}\"");
        return new date(found.group(1).toInt(), found.group(2).toInt(), found.group(3).toInt());
    }

    // The day of now in UTC, as far as the machine knows.
    static date today() {
        return .phantom.date_time.now().date();
    }

    // The year.
    int year() {
        return theYear;
    }

    // The month, 1 to 12.
    int month() {
        return theMonth;
    }

    // The day of the month, from 1.
    int day() {
        return theDay;
    }

    // The day of the week: 1 is Monday, 7 is Sunday.
    int weekday() {
        return (int) math.floorMod(days() + 3L, 7L) + 1;
    }

    // The day of the year, from 1.
    int dayOfYear() {
        return (int) (days() - new date(theYear, 1, 1).days()) + 1;
    }

    // Has its year 366 days?
    boolean isLeapYear() {
        return isLeap(theYear);
    }

    // How many days its month has.
    int daysInMonth() {
        return daysIn(theYear, theMonth);
    }

    // How many days it comes after 1970-01-01.
    long days() {
        int y = theMonth <= 2 ? theYear - 1 : theYear;
        int era = (y >= 0 ? y : y - 399) / 400;
        int yearOfEra = y - era * 400;
        int dayOfYear = (153 * (theMonth > 2 ? theMonth - 3 : theMonth + 9) + 2) / 5 + theDay - 1;
        int dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
        return (long) (era * 146097 + dayOfEra - 719468);
    }

    // So many days later; less than 0 is before.
    date plusDays(long count) {
        return ofDays(days() + count);
    }

    // So many months later, on the last day of that month if it has no such day.
    date plusMonths(int count) {
        long months = (long) theYear * 12L + theMonth - 1 + count;
        int year = (int) math.floorDiv(months, 12L);
        int month = (int) math.floorMod(months, 12L) + 1;
        return new date(year, month, math.min(theDay, daysIn(year, month)));
    }

    // So many years later; the 29th of February becomes the 28th where there is none.
    date plusYears(int count) {
        long months = 12L * count;
        if (months > 1000000L || months < -1000000L)
            throw new .internal.error.argument("no such day: \{count} years from \{this}");
        return plusMonths((int) months);
    }

    // How many days later the other one is.
    long daysUntil(date other) {
        return other.days() - days();
    }

    // Less than, equal to, or greater than 0.
    int compareTo(any other) {
        return (int) (days() - ((date) other).days());
    }

    boolean equals(any other) [4] {
        return other instanceof date && ((date) other).days() == days();
    }

    int hashCode() [15] {
        return (int) days();
    }

    // Such as "2024-02-29".
    string toString() [5] {
        string year = math.abs(theYear).toString().padLeft(4, '0');
        return "\{theYear < 0 ? "-" : ""}\{year}-\{two(theMonth)}-\{two(theDay)}";
    }

    private static string two(int number) {
        return number.toString().padLeft(2, '0');
    }

    private static boolean isLeap(int year) {
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    }

    private static int daysIn(int year, int month) {
        if (month == 2)
            return isLeap(year) ? 29 : 28;
        return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
    }
}
