// What is thrown where a text is no JSON: what is wrong, and where.

package .phantom;

class json_error extends .internal.error.argument {
    private int theLine;
    private int theColumn;

    // What is wrong there.
    void json_error(string what, int line0, int column0) {
        message = "JSON, line \{line0}, column \{column0}: " + what;
        theLine = line0;
        theColumn = column0;
    }

    // Where it is, from 1.
    int line() {
        return theLine;
    }

    // Which unit of the line it is, from 1.
    int column() {
        return theColumn;
    }
}
