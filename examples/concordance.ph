// concordance.ph - a service that forgets nothing it has answered for, and knows no files.
//
// It reads numbered lines, "17 It was a dark and stormy night", keeps in ordinary variables which words stand in
// which lines, and answers "ack 17". A line whose number it knows is acknowledged again, and not counted
// twice. "dump" prints the whole concordance.
//
// With --gated an "ack" leaves the machine only when the snapshot that contains the line is safe on the disk; so whoever
// has seen the ack need not send the line again, whatever happens. scripts/concordance-under-fire proves it by killing
// it at random moments. Try:
//
//     phantom new c.phantom
//     phantom run c.phantom examples/concordance.ph --gated

class concordance {
    any lines = {};         // word -> numbers of the lines in which it stands, once for each time
    any known = {};         // number of a line -> true

    // "N text": learn it, once.
    int learn(string message) {
        int space = message.indexOf(" ");
        string number = space < 0 ? message : message.substring(0, space);
        int n = number.toInt();
        if (known.has(n))
            return n;
        if (space >= 0)
            index(n, message.substring(space + 1).toLower());
        known[n] = true;
        return n;
    }

    // Words are rows of a to z.
    void index(int n, string text) {
        int end = text.length();
        int from = 0;
        for (int at = 0; at <= end; at++) {
            if (at < end && isLetter(text.charAt(at)))
                continue;
            if (at > from)
                enter(text.substring(from, at - from), n);
            from = at + 1;
        }
    }

    static boolean isLetter(char c) {
        return c >= 'a' && c <= 'z';
    }

    void enter(string word, int n) {
        any places = lines.get(word);
        if (places == null) {
            places = [];
            lines[word] = places;
        }
        places.add(n);
    }

    void dump() {
        any words = lines.keys();
        words.sort();
        println("concordance of \{known.size()} lines and \{words.size()} words");
        foreach (word in words)
            println("\{word}: \{lines[word].join(" ")}");
        println("end of the concordance");
    }
}

concordance book = new concordance();
string line = readln();
while (line != null) {
    if (line == "dump") {
        book.dump();
    } else {
        try {
            println("ack \{book.learn(line)}");
        } catch (.internal.error e) {
            println("what? \{e.message}");
        }
    }
    line = readln();
}
