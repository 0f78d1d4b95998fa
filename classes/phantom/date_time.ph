// A moment as calendar and clock show it in UTC, to the millisecond. Moments never change. Where a place has another
// time, say how far it is from UTC: atOffset(120) are the fields of two hours east.

package .phantom;

class date_time {
    private const static long DAY = 86400000L;
    private const static regex pattern = new regex(
        "(-?\\d{4}-\\d\\d-\\d\\d)[T ](\\d\\d):(\\d\\d)(?::(\\d\\d)(?:\\.(\\d{1,9}))?)?(?:Z|([+-])(\\d\\d):?(\\d\\d))?");

    private date theDate;
    private int ms; // of the day

    private void date_time(date day, int ms0) {
        theDate = day;
        ms = ms0;
    }

    // A moment by its fields; an argument error if there is none such.
    static date_time of(int year, int month, int day, int hour, int minute, int second) {
        if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
            throw new .internal.error.argument("no such time: \{hour}:\{minute}:\{second}");
        return new date_time(new date(year, month, day), ((hour * 60 + minute) * 60 + second) * 1000);
    }

    // The moment so many milliseconds after 1970 began.
    static date_time ofMillis(long millis) {
        return new date_time(date.ofDays(math.floorDiv(millis, DAY)), (int) math.floorMod(millis, DAY));
    }

    // Now, as far as the machine knows.
    static date_time now() {
        return ofMillis(.internal.system.time());
    }

    // The moment of a text such as "2024-02-29T12:30:00Z", "2024-02-29 12:30" or "2024-02-29T12:30:00.250+02:00".
    static date_time parse(string text) {
        regex_match found = pattern.match(text);
        if (found == null)
            throw new .internal.error.argument("not a date and time: \"\{text}\"");
        date day = date.parse(found.group(1));
        date_time made = of(day.year(), day.month(), day.day(), number(found, 2), number(found, 3), number(found, 4));
        string fraction = found.group(5);
        if (fraction != null)
            made = made.plusMillis(fraction.padRight(3, '0').substring(0, 3).toInt());
        int offset = number(found, 7) * 60 + number(found, 8);
        return made.plusMillis((found.group(6) == "-" ? 60000L : -60000L) * offset);
    }

    // The day.
    date date() {
        return theDate;
    }

    // The hour, 0 to 23.
    int hour() {
        return ms / 3600000;
    }

    // The minute, 0 to 59.
    int minute() {
        return ms / 60000 % 60;
    }

    // The second, 0 to 59.
    int second() {
        return ms / 1000 % 60;
    }

    // The millisecond, 0 to 999.
    int millisecond() {
        return ms % 1000;
    }

    // How many milliseconds it comes after 1970 began.
    long millis() {
        return theDate.days() * DAY + ms;
    }

    // So much later.
    date_time plus(duration time) {
        return plusMillis(time.millis());
    }

    // So many milliseconds later; less than 0 is before.
    date_time plusMillis(long count) {
        return ofMillis(millis() + count);
    }

    // The moment whose fields in UTC are this one's so many minutes east of it.
    date_time atOffset(int minutes) {
        return plusMillis(60000L * minutes);
    }

    // How much later the other one is.
    duration until(date_time other) {
        return duration.ofMillis(other.millis() - millis());
    }

    // Less than, equal to, or greater than 0.
    int compareTo(any other) {
        long difference = millis() - ((date_time) other).millis();
        return difference < 0L ? -1 : difference > 0L ? 1 : 0;
    }

    boolean equals(any other) [4] {
        return other instanceof date_time && ((date_time) other).millis() == millis();
    }

    int hashCode() [15] {
        return millis().hashCode();
    }

    // Such as "2024-02-29T12:30:00Z", with a fraction where there is one.
    string toString() [5] {
        string fraction = ms % 1000 == 0 ? "" : ".%03d".format([ms % 1000]);
        return theDate.toString() + "T%02d:%02d:%02d".format([hour(), minute(), second()]) + fraction + "Z";
    }

    private static int number(regex_match found, int group) {
        string text = found.group(group);
        return text == null ? 0 : text.toInt();
    }
}
