// pipeline.ph - threads that hand things on through queues: here the sieve of Eratosthenes.
//
// A generator counts; each prime that comes out gets a thread that lets no multiple of it pass. With hundreds
// of threads, most of them waiting at any time, a snapshot is still one instant of all of them. Try:
//
//     phantom run v.phantom examples/pipeline.ph 300

class filter {
    int prime;
    any input;
    any output;

    void filter(int p, any from, any to) {
        prime = p;
        input = from;
        output = to;
    }

    void run() [8] {
        any n = input.take();
        while (n != null) {
            if ((int) n % prime != 0)
                output.put(n);
            n = input.take();
        }
        output.close();
    }
}

int limit = args().size() > 0 ? args()[0].toInt() : 100;
any source = new .internal.container.queue(8);

spawn(fun () {
    for (int n = 2; n <= limit; n++)
        source.put(n);
    source.close();
}, "numbers");

any primes = [];
any end = source;
any prime = end.take();
while (prime != null) {
    primes.add(prime);
    any next = new .internal.container.queue(8);
    spawn(new filter((int) prime, end, next), "sieve \{prime}");
    end = next;
    prime = end.take();
}
println("primes up to \{limit}: \{primes.join(" ")}");
println("\{primes.size()} of them, each with a thread");
