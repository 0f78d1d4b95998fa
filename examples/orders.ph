// orders.ph - business that takes weeks, written as a method that takes weeks.
//
// An order waits for goods, for money, for somebody's consent; it is reminded, cancelled, paid back. Elsewhere such a thing
// is cut into states that lie in a database, with an engine that moves them on, and nobody can read it any more. Here
// it is the method `work` of the class order, with loops, try and catch, and each order is a thread in the middle
// of it. What has to be taken back if it fails is an array of functions. A power cut in week two is not even noticed. Try:
//
//     phantom new shop.phantom
//     phantom run shop.phantom examples/orders.ph
//
// and type: stock globe 5, order Ida globe 2, show, pay 1, tomorrow 3, show; help tells the rest. Leave with Ctrl-C or kill
// -9, and go on with phantom run shop.phantom. What stands behind the program's name is obeyed before what is typed.
//
// A day passes when somebody says `tomorrow`: so the days of a month can be played in a minute.

// Workflows

class late {
    const string what;

    void late(string what0) {
        what = what0;
    }
}

class cancelled {
    const string why;

    void cancelled(string why0) {
        why = why0;
    }
}

// Something that goes on for days. It is a thread that runs when it is woken, until it rests: one at a time, so what they
// share needs no locks.
abstract class workflow {
    private const channel wakings = new channel(1);
    private const channel rests = new channel(1);
    private const any[] compensations = [];
    private string cancelledWhy;
    private boolean isOver;
    string state = "is new";

    abstract void work();
    abstract void note(string what);

    void start(string name) {
        spawn(this, name);
        wake();
    }

    void run() {
        wakings.receive();
        try {
            work();
            state = "is done";
        } catch (cancelled c) {
            fail(c.why);
        } catch (late l) {
            fail("\{l.what} did not come");
        }
        isOver = true;
        rests.send(true);
    }

    private void fail(string why) {
        note("cancelled: \{why}");
        state = "was cancelled: \{why}";
        while (!compensations.isEmpty())
            compensations.pop()();
    }

    // It has done something that has to be taken back if what follows fails.
    void did(any undo) {
        compensations.add(undo);
    }

    // What was done is final.
    void keep() {
        compensations.clear();
    }

    // For the one outside: let it run until it rests again.
    void wake() {
        if (isOver)
            return;
        wakings.send(true);
        rests.receive();
    }

    void cancel(string why) {
        cancelledWhy = why;
        wake();
    }

    // For the work: wait until something holds; throws if it does not for so many days.
    void await(string what, any holds, int days) {
        int last = today + days;
        while (!holds()) {
            if (today >= last)
                throw new late(what);
            state = "waits for \{what} until day \{last}";
            rests.send(true);
            wakings.receive();
            if (cancelledWhy != null)
                throw new cancelled(cancelledWhy);
        }
        state = "works";
    }

    void rest(string why, int days) {
        int end = today + days;
        await(why, fun () { return today >= end; }, days);
    }
}

// The shop

class item {
    const string name;
    const int price;
    int inStock;

    void item(string name0, int price0) {
        name = name0;
        price = price0;
    }
}

class order extends workflow {
    const int number;
    private const string customer;
    private const item what;
    private const int count;
    int paid;
    boolean isApproved;
    boolean isComplained;

    void order(int number0, string customer0, item what0, int count0) {
        number = number0;
        customer = customer0;
        what = what0;
        count = count0;
    }

    int total() {
        return count * what.price;
    }

    // The whole business, as somebody would tell it.
    void work() {
        note("\{customer} orders \{count} x \{what.name} for \{total()}");
        reserve();
        if (total() >= 1000)
            askForConsent();
        collect();
        ship();
        standBy();
        note("is settled");
    }

    private void reserve() {
        await("goods", fun () { return what.inStock >= count; }, 30);
        what.inStock -= count;
        note("\{count} x \{what.name} are put aside");
        did(fun () {
            what.inStock += count;
            note("\{count} x \{what.name} go back to the shelf");
        });
    }

    private void askForConsent() {
        note("is large, and needs somebody's consent");
        await("consent", fun () { return isApproved; }, 5);
    }

    private void collect() {
        note("invoice over \{total()} to \{customer}");
        did(fun () {
            if (paid > 0)
                note("\{paid} are paid back to \{customer}");
        });
        foreach (reminder in 1..3) {
            try {
                await("money", fun () { return paid >= total(); }, 7);
                note("\{paid} have come");
                return;
            } catch (late l) {
                note("reminder \{reminder} to \{customer}: \{total() - paid} are missing");
            }
        }
        throw new late("the money");
    }

    private void ship() {
        note("is on its way");
        keep();
        rest("the post", 2);
        note("is delivered");
    }

    private void standBy() {
        try {
            await("a complaint", fun () { return isComplained; }, 14);
        } catch (late nobody) {
            return;
        }
        note("was broken: \{customer} gets another one");
        await("goods", fun () { return what.inStock >= count; }, 90);
        what.inStock -= count;
        ship();
    }

    void note(string text) {
        println("day \{today}, order \{number}: \{text}");
    }
}

int today = 1;
any items = {};         // name -> item
order[] orders = [];

item itemOf(string name) {
    if (!items.has(name))
        throw new .internal.error.argument("we do not sell \{name}");
    return items[name];
}

order orderOf(string number) {
    int n = number.toInt();
    if (n < 1 || n > orders.size())
        throw new .internal.error.argument("there is no order \{n}");
    return orders[n - 1];
}

void wakeAll() {
    foreach (each in orders)
        each.wake();
}

// What is typed

void place(string customer, string name, int count) {
    if (count < 1)
        throw new .internal.error.argument("\{count} is nothing to order");
    order placed = new order(orders.size() + 1, customer, itemOf(name), count);
    orders.add(placed);
    placed.start("order \{placed.number}");
}

void deliver(string name, int count) {
    itemOf(name).inStock += count;
    println("day \{today}: \{count} x \{name} arrive");
    wakeAll();
}

// All of it, unless an amount is said.
void pay(order bill, string amount) {
    bill.paid += amount == "" ? bill.total() - bill.paid : amount.toInt();
    bill.wake();
}

void letPass(int days) {
    foreach (day in 1..days) {
        today++;
        wakeAll();
    }
    println("day \{today}");
}

void show() {
    foreach (each in orders)
        println("  order \{each.number} \{each.state}");
    foreach (name in items)
        println("  \{itemOf(name).inStock} x \{name} at \{itemOf(name).price} in stock");
}

void obey(string[] words) {
    string first = words.size() > 1 ? words[1] : "";
    string second = words.size() > 2 ? words[2] : "";
    switch (words.isEmpty() ? "" : words[0]) {
        case "":
            break;
        case "sell":
            items[first] = new item(first, second.toInt());
            break;
        case "stock":
            deliver(first, second.toInt());
            break;
        case "order":
            place(first, second, words.size() > 3 ? words[3].toInt() : 1);
            break;
        case "pay":
            pay(orderOf(first), second);
            break;
        case "approve":
            orderOf(first).isApproved = true;
            orderOf(first).wake();
            break;
        case "complain":
            orderOf(first).isComplained = true;
            orderOf(first).wake();
            break;
        case "cancel":
            orderOf(first).cancel("the customer has changed her mind");
            break;
        case "tomorrow":
            letPass(first == "" ? 1 : first.toInt());
            break;
        case "show":
            show();
            break;
        case "help":
            println("sell ITEM PRICE, stock ITEM COUNT, order NAME ITEM COUNT, pay NUMBER [AMOUNT], approve NUMBER,");
            println("complain NUMBER, cancel NUMBER, tomorrow [DAYS], show");
            break;
        default:
            println("I do not know `\{words[0]}`; try help");
    }
}

void tryTo(string line) {
    try {
        obey(line.words());
    } catch (.internal.error e) {
        println("no: \{e.message}");
    }
}

items["globe"] = new item("globe", 80);
items["telescope"] = new item("telescope", 1200);
println("day 1; we sell \{items.keys().join(" and ")} (help tells more)");
foreach (line in args())
    tryTo(line);
for (string line = readln(); line != null; line = readln())
    tryTo(line);
exit(0);        // whoever still waits would wait for ever
