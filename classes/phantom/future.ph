// A value that is not there yet. Somebody sets it once, or says why there is none; the others wait for it.

package .phantom;

import .internal.container.array;

class future {
    private boolean done;
    private boolean failed;
    private any result;
    private array actions = new array();

    // A future that somebody will set.
    void future() {
    }

    // Run a function in a thread of its own; the future of what it gives, or of what it throws.
    static future run(any action) {
        future made = new future();
        .internal.system.spawn(fun () { made.settle(action); });
        return made;
    }

    // A future of an array with the values of several futures; it fails as the first of them in the row does.
    static future all(any futures) {
        array wanted = futures.toArray();
        return run(fun () { return wanted.map(fun (one) { return one.get(); }); });
    }

    // Here is the value; a state error if there was one before.
    void set(any value) {
        finish(value, false);
    }

    // There will be no value: whoever asks gets `error` thrown.
    void fail(any error) {
        finish(error, true);
    }

    // The value; waits for it, and throws the error if there is none.
    any get() {
        synchronized (this) {
            while (!done)
                .internal.system.wait(this);
        }
        return answer();
    }

    // The same, but wait at most so long; a state error if it is not there then.
    any get(long ms) {
        if (!await(ms))
            throw new .internal.error.state("the value is not there after \{ms} ms");
        return answer();
    }

    // Wait at most so long; is the value there, or the error?
    boolean await(long ms) {
        .internal.deadline limit = new .internal.deadline(ms);
        synchronized (this) {
            while (!done && limit.waitOn(this)) {
            }
            return done;
        }
    }

    // Is the value there, or the error?
    boolean isDone() {
        synchronized (this) {
            return done;
        }
    }

    // Is there an error instead of a value?
    boolean isFailed() {
        synchronized (this) {
            return failed;
        }
    }

    // A future of what a function makes of the value when it is there; it fails if this one does.
    future then(any change) {
        future next = new future();
        whenDone(fun () { next.settle(fun () { return change.call(answer()); }); });
        return next;
    }

    // Call a function without arguments once the value is there or the error; at once, if it is there already.
    void whenDone(any action) {
        synchronized (this) {
            if (!done) {
                actions.add(action);
                return;
            }
        }
        action.call();
    }

    // Finish with what a function gives or throws.
    void settle(any action) {
        any value;
        try {
            value = action.call();
        } catch (any error) {
            fail(error);
            return;
        }
        set(value);
    }

    private any answer() {
        if (failed)
            throw result;
        return result;
    }

    private void finish(any value, boolean bad) {
        array waiting;
        synchronized (this) {
            if (done)
                throw new .internal.error.state("the future has its value already");
            done = true;
            failed = bad;
            result = value;
            waiting = actions;
            actions = new array();
            .internal.system.notifyAll(this);
        }
        foreach (action in waiting)
            action.call();
    }
}
