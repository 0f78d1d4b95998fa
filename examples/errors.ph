// errors.ph - what goes wrong is an exception, never a crash.
//
// A tour of the exceptions that the machine throws by itself, of several catches, finally, and of exceptions that are
// any object at all. Try: phantom exec examples/errors.ph

class account {
    int balance;

    void withdraw(int amount) {
        if (amount > balance)
            throw new overdrawn(amount - balance);
        balance -= amount;
    }
}

class overdrawn extends .internal.error {
    int missing;

    void overdrawn(int amount) {
        missing = amount;
        message = "\{amount} too little";
    }
}

int attempts = 0;

void attempt(string what, any action) {
    try {
        println("\{what}: \{action()}");
    } catch (.internal.error.arithmetic e) {
        println("\{what}: no arithmetic: \{e.message}");
    } catch (.internal.error e) {
        println("\{what}: \{e.getClass().name()}");
    } catch (string text) {
        println("\{what}: a string was thrown: \{text}");
    } catch (any thing) {
        println("\{what}: something was thrown: \{thing}");
    } finally {
        attempts++;
    }
}

int depth(int n) {
    return 1 + depth(n + 1);
}

any nothing = null;
any three = [1, 2, 3];
any zero = 0;

attempt("division", fun () { return 6 / 3; });
attempt("division by zero", fun () { return 1 / (int) zero; });
attempt("null", fun () { return nothing.size(); });
attempt("index", fun () { return three[3]; });
attempt("cast", fun () { return (string) three; });
attempt("no such method", fun () { return three.frobnicate(); });
attempt("not a number", fun () { return "twelve".toInt(); });
attempt("too deep", fun () { return depth(0); });
attempt("a string", fun () { throw "help"; });
attempt("a number", fun () { throw 42; });
attempt("a library's", fun () { new .internal.mutex().unlock(); return 0; });
println("\{attempts} attempts");

account mine = new account();
mine.balance = 10;
try {
    mine.withdraw(3);
    mine.withdraw(30);
    println("never");
} catch (overdrawn e) {
    println("overdrawn: \{e.message}, \{e.missing}");
} finally {
    println("finally \{mine.balance}");
}

int leave() {
    try {
        return 1;
    } finally {
        println("on the way out");
    }
}

println("left with \{leave()}");
