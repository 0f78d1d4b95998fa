// sleeper.ph - a sleep outlives the machine.
//
// Time here is personal time: it stands still while the machine is off. A sleeper that has slept two of its three
// seconds when the power fails has one left when it comes back. So a program may simply sleep for days. Try:
//
//     phantom run v.phantom examples/sleeper.ph 3600      one day lasts an hour; stop it, go on tomorrow
//
// and phantom ps v.phantom shows how long it still sleeps.

int seconds = args().size() > 0 ? args()[0].toInt() : 86400;
int days = args().size() > 1 ? args()[1].toInt() : 0;
int ms = args().size() > 2 ? args()[2].toInt() : 1000;      // a second lasts as many

println("good night; a day has \{seconds} seconds");
int day = 0;
while (days == 0 || day < days) {
    long before = nanos();
    sleep((long) seconds * ms);
    long slept = (nanos() - before) / 1000000L;
    day++;
    if (slept < (long) seconds * ms)
        println("woken too early: \{slept} ms");
    println("day \{day} has dawned");
}
println("and they slept happily ever after");
