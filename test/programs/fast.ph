// What the interpreter does in fewer steps than are written here: each must come to the same, also with a
// snapshot, a moved nursery or another thread's turn in its middle.

class node {
    private int n;
    private long l;
    private any w;
    node next;
    ints all = new ints(16);
    words objects = new words(16);

    void node(int n0) {
        n = n0;
    }

    int n() {
        return n;
    }

    void n(int n0) {
        n = n0;
    }

    void l(long l0) {
        l = l0;
    }

    long l() {
        return l;
    }

    any w() {
        return w;
    }

    void w(any w0) {
        w = w0;
    }

    node step() {
        return next;
    }

    int at(int i) {
        return all[i];
    }

    any object(int i) {
        return objects[i];
    }

    void put(int i, int x) {
        all[i] = x;
        objects[i] = "o\{x}";
    }
}

int fib(int n) {
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

int count(int from, int to) {
    int sum = 0;
    for (int i = from; i < to; i++) {
        int k = i * 3 - sum;
        sum = sum + (k & 255);
        sum -= i >> 1;
        if (sum > 100000)
            sum = sum - 100000;
    }
    return sum;
}

double curve(double x, int steps) {
    double y = 0.0;
    for (int i = 0; i < steps; i++) {
        double z = x * y - 0.5;
        y = z * z + x;
        if (y > 2.0)
            y = y - 2.0;
    }
    return y;
}

long wide(int steps) {
    long sum = 1;
    for (long i = 0; i < steps; i++)
        sum = sum + i * sum;
    return sum;
}

string walk(int length) {
    node first = null;
    for (int i = 0; i < length; i++) {
        node made = new node(i);
        made.next = first;
        made.l((long) i << 32);
        made.w("w\{i}");
        made.put(i & 15, i);
        first = made;
    }
    long sum = 0;
    int texts = 0;
    for (node at = first; at != null; at = at.step()) {
        at.n(at.n() + 1);
        sum += at.l() + at.n() + at.at((at.n() - 1) & 15);
        if (at.w() == "w\{at.n() - 1}" && at.object((at.n() - 1) & 15) == "o\{at.n() - 1}")
            texts++;
    }
    return "\{sum} \{texts}";
}

string lists(int length) {
    int[] list = [];
    string[] names = [];
    var byName = {};
    for (int i = 0; i < length; i++) {
        list.add(i);
        names.add("name \{i % 50}");
        byName[names[i]] = i;
        byName[i % 20] = names[i];
    }
    for (int i = 0; i < length; i++)
        list[i] = list[length - 1 - i] + list[i];
    int sum = 0;
    foreach (x in list)
        sum += x;
    foreach (name in names)
        sum += (int) byName[name] + name.length() + name[name.length() - 1];
    return "\{sum} \{byName.size()} \{byName[7]}";
}

int functions(int rounds) {
    int sum = 0;
    int[] list = [1, 2, 3, 4, 5];
    for (int i = 0; i < rounds; i++) {
        var add = fun (x) { return x + i; };
        list.each(fun (x) { sum = sum + (int) x; });
        sum += (int) add(i) + (int) list.map(add).size();
    }
    return sum;
}

string boxes(int rounds) {
    any d = 0.5;
    any i = 1;
    any l = 1L << 60;
    double[] doubles = [];
    for (int k = 0; k < rounds; k++) {
        d = d * 1.25 + 0.25;
        if (d > 1.0e200)
            d = 0.5;
        i = i * 3 - k;
        l = l + i;
        doubles.add(d);
    }
    double sum = 0.0;
    foreach (x in doubles)
        sum += x;
    return "\{d} \{i} \{l} \{sum}";
}

int refused(node none, ints numbers) {
    int caught = 0;
    int i = 16;
    try {
        println(none.n());
    } catch (.internal.error.null e) {
        caught++;
    }
    try {
        println(numbers[i]);
    } catch (.internal.error.bounds e) {
        caught++;
    }
    try {
        println(none.all[i]);
    } catch (.internal.error.null e) {
        caught++;
    }
    try {
        println(new node(1).at(i));
    } catch (.internal.error.bounds e) {
        caught++;
    }
    return caught;
}

println("\{fib(16)} \{count(-50, 2000)} \{curve(0.75, 2000)} \{wide(300)}");
println(walk(300));
println(lists(300));
println(functions(100));
println(boxes(400));
println(refused(null, new ints(16)));
