// functions.ph - functions are values, and what they closed over persists with them.
//
// Try: phantom exec examples/functions.ph

any counter(string name) {
    int count = 0;
    return fun () {
        count++;
        return "\{name} \{count}";
    };
}

any apples = counter("apple");
any pears = counter("pear");

println(apples());
println(apples());
println(pears());
println(apples());

any compose(any f, any g) {
    return fun (x) { return f(g(x)); };
}

any half = fun (x) { return x / 2.0; };
any square = fun (x) { return x * x; };
println("half of the square of 3 is \{compose(half, square)(3)}");

any numbers = [];
foreach (i in 1..10)
    numbers.add(i);
println("even: \{numbers.filter(fun (n) { return n % 2 == 0; })}");
println("squares: \{numbers.map(square)}");

int sum = 0;
numbers.each(fun (n) { sum += n; });
println("sum: \{sum}");
