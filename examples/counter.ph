// counter.ph - a variable that lives for ever.
//
// Nothing here is ever saved or loaded. Try:
//
//     phantom new counter.phantom
//     phantom run counter.phantom examples/counter.ph
//
// stop it with Ctrl-C, or with kill -9, or pull the plug, and go on with
//
//     phantom run counter.phantom
//
// An argument says how far to count: phantom exec examples/counter.ph 5

int last = args().size() > 0 ? args()[0].toInt() : 0;
int count = 0;

while (last == 0 || count < last) {
    count++;
    println("I have counted to \{count}");
    sleep(last == 0 ? 1000 : 20);
}
println("that was all");
