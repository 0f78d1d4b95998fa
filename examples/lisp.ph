// lisp.ph - an interpreter for a small Lisp, which never has to be started.
//
// Lisp systems have always been proud of their images: save it, load it, and all definitions are back. This one has no
// image to save. What was defined stays defined, and what was running goes on running: the frames of `evaluate` that are
// half way through (define answer (search 1)) lie in the volume like everything else, so a computation of a week survives any
// number of power cuts without knowing what a checkpoint is. Try:
//
//     phantom new lisp.phantom
//     phantom run lisp.phantom examples/lisp.ph
//
// and type: (define (square x) (* x x)), (map square (range 1 10)), (/ 1 3), (let loop ((n 0)) (loop (+ n 1))) and kill it;
// phantom run lisp.phantom goes on in the loop. What stands behind the program's name is evaluated before what is typed.
//
// Calls in tail position take no room; numbers are exact, and of any size. Forms: quote quasiquote if cond and or
// let lambda define set! begin define-macro. For functions see `addBuiltins` and PRELUDE.

// Data: ints and rationals, strings, booleans, functions, and what follows

class symbol {
    private static any known = {};
    const string name;

    private void symbol(string name0) {
        name = name0;
    }

    // The same name is always the same symbol.
    static symbol of(string name) {
        return known.getOrSet(name, fun () { return new symbol(name); });
    }

    string toString() {
        return name;
    }
}

class pair {
    const any head;
    const any tail;

    void pair(any head0, any tail0) {
        head = head0;
        tail = tail0;
    }

    boolean equals(any other) {
        return other instanceof pair && ((pair) other).head == head && ((pair) other).tail == tail;
    }

    int hashCode() {
        return head.hashCode() * 31 + tail.hashCode();
    }
}

class empty_list {
    string toString() {
        return "()";
    }
}

// What define and the like give.
class nothing {
}

// Of the program that is interpreted.
class lisp_error {
    const string why;

    void lisp_error(string why0) {
        why = why0;
    }
}

const any EMPTY = new empty_list();
const any NOTHING = new nothing();

any head(any list) {
    if (!(list instanceof pair))
        throw new lisp_error("\{show(list)} is no pair");
    return ((pair) list).head;
}

any tail(any list) {
    if (!(list instanceof pair))
        throw new lisp_error("\{show(list)} is no pair");
    return ((pair) list).tail;
}

any second(any list) {
    return head(tail(list));
}

any listOf(any items) {
    return listOf(items, EMPTY);
}

any listOf(any items, any end) {
    any list = end;
    for (int i = items.size() - 1; i >= 0; i--)
        list = new pair(items[i], list);
    return list;
}

any arrayOf(any list) {
    any items = [];
    for (any at = list; at != EMPTY; at = tail(at))
        items.add(head(at));
    return items;
}

string show(any value) {
    if (value instanceof string)
        return json.quote(value);
    if (value instanceof boolean)
        return value ? "#t" : "#f";
    if (!(value instanceof pair))
        return value.toString();
    any parts = [];
    any at = value;
    while (at instanceof pair) {
        parts.add(show(head(at)));
        at = tail(at);
    }
    return "(\{parts.join(" ")}\{at == EMPTY ? "" : " . " + show(at)})";
}

// Reading

class reader {
    private static regex word = new regex(";.*|[()'`]|,@|,|\"([^\"\\\\]|\\\\.)*\"|[^ \\t\\n()'`,\";]+");
    private static regex number = new regex("-?[0-9]+(/[0-9]+|\\.[0-9]+)?");
    private static any short = {"'": "quote", "`": "quasiquote", ",": "unquote", ",@": "unquote-splicing"};
    private const string[] words = [];
    private int at;

    void reader(string text) {
        foreach (match in word.findAll(text))
            if (!match.text().startsWith(";"))
                words.add(match.text());
    }

    // Is a parenthesis still open?
    boolean isOpen() {
        return words.count(fun (w) { return w == "("; }) > words.count(fun (w) { return w == ")"; });
    }

    boolean hasMore() {
        return at < words.size();
    }

    any next() {
        if (!hasMore())
            throw new lisp_error("the text ends too soon");
        string first = words[at++];
        if (first == "(")
            return rest();
        if (first == ")")
            throw new lisp_error("there is a ) too many");
        if (short.has(first))
            return listOf([symbol.of(short[first]), next()]);
        if (first[0] == '"')
            return json.parse(first);
        if (number.matches(first))
            return whole(rational.parse(first));
        return first == "#t" || first == "#f" ? first == "#t" : symbol.of(first);
    }

    private any rest() {
        any items = [];
        while (hasMore() && words[at] != ")" && words[at] != ".")
            items.add(next());
        any end = EMPTY;
        if (hasMore() && words[at] == ".") {
            at++;
            end = next();
        }
        if (!hasMore() || words[at++] != ")")
            throw new lisp_error("a ) is missing");
        return listOf(items, end);
    }
}

// Numbers: an int where it fits, else a rational

any whole(rational exact) {
    if (exact.denominator() != 1 || !exact.numerator().fitsLong())
        return exact;
    return shortest(exact.numerator().toLong());
}

any shortest(long value) {
    if (value < (long) int.MIN || value > (long) int.MAX)
        return rational.of(value);
    return (int) value;
}

rational exact(any value) {
    if (!(value instanceof int) && !(value instanceof rational))
        throw new lisp_error("\{show(value)} is no number");
    return rational.of(value);
}

any plus(any a, any b) {
    if (a instanceof int && b instanceof int)
        return shortest((long) (int) a + (int) b);
    return whole(exact(a).add(exact(b)));
}

any minus(any a, any b) {
    if (a instanceof int && b instanceof int)
        return shortest((long) (int) a - (int) b);
    return whole(exact(a).subtract(exact(b)));
}

any times(any a, any b) {
    if (a instanceof int && b instanceof int)
        return shortest((long) (int) a * (int) b);
    return whole(exact(a).multiply(exact(b)));
}

any over(any a, any b) {
    if (exact(b).sign() == 0)
        throw new lisp_error("\{show(a)} divided by zero");
    return whole(exact(a).divide(exact(b)));
}

any remainder(any a, any b) {
    if (!(a instanceof int) || !(b instanceof int) || b == 0)
        throw new lisp_error("no remainder of \{show(a)} by \{show(b)}");
    return a % b;
}

int order(any a, any b) {
    if (a instanceof int && b instanceof int)
        return ((int) a).compareTo(b);
    return exact(a).compareTo(exact(b));
}

// Evaluation

class scope {
    private const any values = {};      // symbol -> value
    private const scope outer;

    void scope(scope outer0) {
        outer = outer0;
    }

    void define(any name, any value) {
        if (!(name instanceof symbol))
            throw new lisp_error("\{show(name)} is no name");
        values[name] = value;
    }

    any get(any name) {
        return holder(name).values[name];
    }

    void set(any name, any value) {
        holder(name).values[name] = value;
    }

    private scope holder(any name) {
        scope at = this;
        while (at != null && !at.values.has(name))
            at = at.outer;
        if (at == null)
            throw new lisp_error("what is \{show(name)}?");
        return at;
    }
}

// A function of the language below.
class builtin {
    const string name;
    const any body;         // of an array with the arguments

    void builtin(string name0, any body0) {
        name = name0;
        body = body0;
    }

    string toString() {
        return "<\{name}>";
    }
}

// A function made by lambda.
class closure {
    const any parameters;
    const any body;
    const scope home;

    void closure(any parameters0, any body0, scope home0) {
        parameters = parameters0;
        body = body0;
        home = home0;
    }

    // A scope in which the parameters have these values; one behind a dot has all that are left.
    scope bind(any[] arguments) {
        scope inner = new scope(home);
        any names = parameters;
        int at = 0;
        while (names instanceof pair) {
            if (at == arguments.size())
                throw new lisp_error("\{head(names)} of \{this} is missing");
            inner.define(head(names), arguments[at++]);
            names = tail(names);
        }
        if (names != EMPTY)
            inner.define(names, listOf(arguments.drop(at)));
        else if (at < arguments.size())
            throw new lisp_error("\{this} takes no \{arguments.size()} arguments");
        return inner;
    }

    string toString() {
        return "<lambda \{show(parameters)}>";
    }
}

class macro {
    const closure expander;

    void macro(closure expander0) {
        expander = expander0;
    }
}

// What is left to do, instead of a value: `evaluate` does it without another frame.
class further {
    const any expression;
    const scope where;

    void further(any expression0, scope where0) {
        expression = expression0;
        where = where0;
    }
}

any evaluate(any expression0, scope where0) {
    any expression = expression0;
    scope where = where0;
    while (true) {
        if (expression instanceof symbol)
            return where.get(expression);
        if (!(expression instanceof pair))
            return expression;
        any next = evaluateForm(head(expression), tail(expression), where);
        if (!(next instanceof further))
            return next;
        expression = ((further) next).expression;
        where = ((further) next).where;
    }
}

any evaluateForm(any first, any rest, scope where) {
    if (first instanceof symbol && forms.has(first))
        return forms[first](rest, where);
    any function = evaluate(first, where);
    if (function instanceof macro)
        return new further(apply(((macro) function).expander, arrayOf(rest)), where);
    any[] arguments = [];
    for (any at = rest; at != EMPTY; at = tail(at))
        arguments.add(evaluate(head(at), where));
    return call(function, arguments);
}

any call(any function, any[] arguments) {
    if (function instanceof builtin)
        return ((builtin) function).body(arguments);
    if (!(function instanceof closure))
        throw new lisp_error("\{show(function)} is no function");
    closure made = function;
    return block(made.body, made.bind(arguments));
}

any apply(any function, any[] arguments) {
    any result = call(function, arguments);
    return result instanceof further ? evaluate(((further) result).expression, ((further) result).where) : result;
}

// All but the last expression are evaluated; the last one is what is left.
any block(any body, scope where) {
    if (body == EMPTY)
        return NOTHING;
    any at = body;
    while (tail(at) != EMPTY) {
        evaluate(head(at), where);
        at = tail(at);
    }
    return new further(head(at), where);
}

boolean isTrue(any value) {
    return value != false;
}

// Forms: each gets what stands behind its name

any forms = {};

void addForm(string name, any form) {
    forms[symbol.of(name)] = form;
}

any formIf(any rest, scope where) {
    if (isTrue(evaluate(head(rest), where)))
        return new further(second(rest), where);
    any otherwise = tail(tail(rest));
    return otherwise == EMPTY ? NOTHING : new further(head(otherwise), where);
}

any formCond(any rest, scope where) {
    for (any at = rest; at != EMPTY; at = tail(at)) {
        any clause = head(at);
        if (head(clause) == symbol.of("else") || isTrue(evaluate(head(clause), where)))
            return block(tail(clause), where);
    }
    return NOTHING;
}

// and, or: the value that decides.
any formUntil(any rest, scope where, boolean wanted) {
    if (rest == EMPTY)
        return !wanted;
    any at = rest;
    while (tail(at) != EMPTY) {
        any value = evaluate(head(at), where);
        if (isTrue(value) == wanted)
            return value;
        at = tail(at);
    }
    return new further(head(at), where);
}

// (let ((name value) ...) body ...), or with a name in front: a function that may call itself.
any formLet(any rest, scope where) {
    boolean isNamed = head(rest) instanceof symbol;
    any bindings = arrayOf(head(isNamed ? tail(rest) : rest));
    any names = listOf(bindings.map(fun (b) { return head(b); }));
    any[] values = bindings.map(fun (b) { return evaluate(second(b), where); });
    scope home = new scope(where);
    closure body = new closure(names, isNamed ? tail(tail(rest)) : tail(rest), home);
    if (isNamed)
        home.define(head(rest), body);
    return call(body, values);
}

// (define name value), or (define (name parameter ...) body ...)
any formDefine(any rest, scope where) {
    if (head(rest) instanceof pair)
        where.define(head(head(rest)), new closure(tail(head(rest)), tail(rest), where));
    else
        where.define(head(rest), evaluate(second(rest), where));
    return NOTHING;
}

any formDefineMacro(any rest, scope where) {
    where.define(head(head(rest)), new macro(new closure(tail(head(rest)), tail(rest), where)));
    return NOTHING;
}

any formSet(any rest, scope where) {
    where.set(head(rest), evaluate(second(rest), where));
    return NOTHING;
}

// A copy of the template, with values where it says unquote.
any fillIn(any template, scope where) {
    if (!(template instanceof pair))
        return template;
    any first = head(template);
    if (first == symbol.of("unquote"))
        return evaluate(second(template), where);
    if (first instanceof pair && head(first) == symbol.of("unquote-splicing"))
        return listOf(arrayOf(evaluate(second(first), where)), fillIn(tail(template), where));
    return new pair(fillIn(first, where), fillIn(tail(template), where));
}

void addForms() {
    addForm("quote", fun (rest, where) { return head(rest); });
    addForm("quasiquote", fun (rest, where) { return fillIn(head(rest), where); });
    addForm("if", fun (rest, where) { return formIf(rest, where); });
    addForm("cond", fun (rest, where) { return formCond(rest, where); });
    addForm("and", fun (rest, where) { return formUntil(rest, where, false); });
    addForm("or", fun (rest, where) { return formUntil(rest, where, true); });
    addForm("let", fun (rest, where) { return formLet(rest, where); });
    addForm("lambda", fun (rest, where) { return new closure(head(rest), tail(rest), where); });
    addForm("begin", fun (rest, where) { return block(rest, where); });
    addForm("define", fun (rest, where) { return formDefine(rest, where); });
    addForm("define-macro", fun (rest, where) { return formDefineMacro(rest, where); });
    addForm("set!", fun (rest, where) { return formSet(rest, where); });
}

// Functions

scope globals = new scope(null);

void add(string name, int count, any body) {
    globals.define(symbol.of(name), new builtin(name, fun (any[] a) {
        if (a.size() != count)
            throw new lisp_error("\{name} takes \{count} arguments, not \{a.size()}");
        return body(a);
    }));
}

// Of any number of arguments, from left to right.
void addFold(string name, any start, any step) {
    globals.define(symbol.of(name), new builtin(name, fun (any[] a) {
        return a.size() < 2 ? a.reduce(start, step) : a.reduce(step);
    }));
}

void addBuiltins() {
    addFold("+", 0, fun (a, b) { return plus(a, b); });
    addFold("-", 0, fun (a, b) { return minus(a, b); });
    addFold("*", 1, fun (a, b) { return times(a, b); });
    addFold("/", 1, fun (a, b) { return over(a, b); });
    addFold("append", EMPTY, fun (a, b) { return listOf(arrayOf(a), b); });
    addFold("string-append", "", fun (a, b) { return text(a) + text(b); });
    add("remainder", 2, fun (a) { return remainder(a[0], a[1]); });
    add("<", 2, fun (a) { return order(a[0], a[1]) < 0; });
    add("<=", 2, fun (a) { return order(a[0], a[1]) <= 0; });
    add(">", 2, fun (a) { return order(a[0], a[1]) > 0; });
    add(">=", 2, fun (a) { return order(a[0], a[1]) >= 0; });
    add("=", 2, fun (a) { return order(a[0], a[1]) == 0; });
    add("equal?", 2, fun (a) { return a[0] == a[1]; });
    add("not", 1, fun (a) { return !isTrue(a[0]); });
    add("cons", 2, fun (a) { return new pair(a[0], a[1]); });
    add("car", 1, fun (a) { return head(a[0]); });
    add("cdr", 1, fun (a) { return tail(a[0]); });
    add("length", 1, fun (a) { return arrayOf(a[0]).size(); });
    add("null?", 1, fun (a) { return a[0] == EMPTY; });
    add("pair?", 1, fun (a) { return a[0] instanceof pair; });
    add("symbol?", 1, fun (a) { return a[0] instanceof symbol; });
    add("string?", 1, fun (a) { return a[0] instanceof string; });
    add("number?", 1, fun (a) { return a[0] instanceof int || a[0] instanceof rational; });
    add("apply", 2, fun (a) { return call(a[0], arrayOf(a[1])); });
    add("eval", 1, fun (a) { return new further(a[0], globals); });
    add("display", 1, fun (a) { println(text(a[0])); return NOTHING; });
    add("sleep", 1, fun (a) { sleep((long) (int) a[0]); return NOTHING; });
    add("error", 1, fun (a) { throw new lisp_error(text(a[0])); });
    globals.define(symbol.of("list"), new builtin("list", fun (a) { return listOf(a); }));
}

string text(any value) {
    return value instanceof string ? value : show(value);
}

const string PRELUDE = "
(define (map f l) (if (null? l) l (cons (f (car l)) (map f (cdr l)))))
(define (filter f l) (cond ((null? l) l) ((f (car l)) (cons (car l) (filter f (cdr l)))) (else (filter f (cdr l)))))
(define (fold f start l) (if (null? l) start (fold f (f start (car l)) (cdr l))))
(define (reverse l) (fold (lambda (done x) (cons x done)) '() l))
(define (range from to) (if (> from to) '() (cons from (range (+ from 1) to))))
(define (assoc key l) (cond ((null? l) #f) ((equal? key (car (car l))) (car l)) (else (assoc key (cdr l)))))
(define-macro (when test . body) `(if ,test (begin ,@body)))
(define-macro (while test . body) `(let again () (when ,test ,@body (again))))
";

// What is typed

string unfinished = "";

void evaluateAll(string text) {
    reader source = new reader(text);
    while (source.hasMore()) {
        any value = evaluate(source.next(), globals);
        if (value != NOTHING)
            println(show(value));
    }
}

// Lines are put together until all parentheses are closed.
void obey(string line) {
    unfinished += line + "\n";
    try {
        if (new reader(unfinished).isOpen())
            return;
        string text = unfinished;
        unfinished = "";
        evaluateAll(text);
    } catch (lisp_error e) {
        println("; \{e.why}");
    } catch (.internal.error.stack_overflow e) {
        println("; too deep");
    } catch (.internal.error e) {
        println("; \{e.message}");
    }
}

addForms();
addBuiltins();
evaluateAll(PRELUDE);
println("; a Lisp that is already running");
foreach (line in args())
    obey(line);
for (string line = readln(); line != null; line = readln())
    obey(line);
