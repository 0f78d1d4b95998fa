// words.ph - maps, functions, sorting: which words a text has most often.
//
// Try: phantom exec examples/words.ph 10 < README.md

int wanted = args().size() > 0 ? args()[0].toInt() : 10;
any counts = {};
int lines = 0;
int total = 0;

string strip(string word) {
    int from = 0;
    int to = word.length();
    while (from < to && !word.charAt(from).isLetter())
        from++;
    while (to > from && !word.charAt(to - 1).isLetter())
        to--;
    return word.substring(from, to - from).toLower();
}

string line = readln();
while (line != null) {
    lines++;
    foreach (part in line.words()) {
        string word = strip(part);
        if (word.isEmpty())
            continue;
        counts[word] = counts.get(word, 0) + 1;
        total++;
    }
    line = readln();
}

any words = counts.keys();
words.sort(fun (a, b) {
    int difference = (int) counts[b] - (int) counts[a];
    return difference != 0 ? difference : a.compareTo(b);
});
println("\{lines} lines, \{total} words, \{words.size()} different");
for (int i = 0; i < wanted && i < words.size(); i++)
    println("\{counts[words[i]].toString().padLeft(6)}  \{words[i]}");
