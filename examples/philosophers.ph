// philosophers.ph - threads, locks and waits go on after a restart as if nothing had happened.
//
// Five philosophers think and eat; each needs the two forks beside the plate, and a fork is a lock. A kill may
// find them holding one fork and waiting for another; the next run finds them exactly so. Try:
//
//     phantom run v.phantom examples/philosophers.ph 50      and in another terminal: phantom ps v.phantom

class philosopher {
    string name;
    .internal.mutex first;
    .internal.mutex second;
    int meals;
    int eaten;

    void philosopher(string who, .internal.mutex a, .internal.mutex b, int count) {
        name = who;
        first = a;
        second = b;
        meals = count;
    }

    void run() [8] {
        while (eaten < meals) {
            sleep(random(10));          // think
            first.lock();
            sleep(random(3));
            second.lock();
            sleep(random(5));           // eat
            eaten++;
            second.unlock();
            first.unlock();
        }
    }
}

int meals = args().size() > 0 ? args()[0].toInt() : 10;
any names = ["Hypatia", "Kant", "Laozi", "Arendt", "Hume"];
int n = names.size();
any forks = [];
philosopher[] guests = [];
any threads = [];

for (int i = 0; i < n; i++)
    forks.add(new .internal.mutex());
for (int i = 0; i < n; i++) {
    // Everybody takes the fork with the lower number first, so they never all wait for each other.
    int left = i;
    int right = (i + 1) % n;
    int low = left < right ? left : right;
    int high = left < right ? right : left;
    guests.add(new philosopher((string) names[i], (.internal.mutex) forks[low],
        (.internal.mutex) forks[high], meals));
}
foreach (guest in guests)
    threads.add(spawn(guest, guest.name));
foreach (thread in threads)
    thread.join();
foreach (guest in guests)
    println("\{guest.name} has eaten \{guest.eaten} times");
println("and nobody starved");
