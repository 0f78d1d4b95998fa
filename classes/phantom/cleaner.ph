// Does something when an object is gone: each object that is watched has an action, which is called after nobody refers to the
// object any more and the collector has let go of it. The action must not refer to the object, else it never goes.
//
// Nothing is called by itself: a program that has such actions calls `run` now and then, by a timer perhaps.

package .phantom;

class cleaner {
    private .internal.container.array watched; // entries: a weak reference, and its action
    private .internal.container.array due;     // actions of what is gone; those before `called` were taken
    private int called;

    // Nothing is watched yet.
    void cleaner() {
        watched = new .internal.container.array();
        due = new .internal.container.array();
    }

    // Call a function, by a later `run`, when this object is gone.
    void watch(any object, any action) {
        if (object == null || action == null)
            throw new .internal.error.argument("nothing to watch, or nothing to do");
        var pair = new .internal.container.entry(new .internal.weak(object), action);
        synchronized (this) {
            watched.add(pair);
        }
    }

    // How many objects are watched, those among them that are gone, and whose actions were not called yet.
    int size() {
        synchronized (this) {
            return watched.size() + due.size() - called;
        }
    }

    // Call the actions of all objects that are gone, in the order in which these were watched; how many. If one
    // throws, those behind it are called by the next `run`.
    int run() {
        int count = 0;
        queue();
        for (any action = next(); action != null; action = next()) {
            count++;
            action.call();
        }
        return count;
    }

    private boolean isAnyGone() {
        foreach (pair in watched)
            if (isGone(pair))
                return true;
        return false;
    }

    private boolean isGone(.internal.container.entry pair) {
        .internal.weak reference = pair.key();
        return reference.isGone();
    }

    // Actions of what is gone stand in line. An interrupt may come wherever something is called, so the new lists
    // take the places of the old ones only when they are whole.
    private void queue() {
        synchronized (this) {
            if (!isAnyGone())
                return;
            var kept = new .internal.container.array();
            var line = due.subarray(called, due.size() - called);
            foreach (pair in watched) {
                if (isGone(pair))
                    line.add(((.internal.container.entry) pair).value());
                else
                    kept.add(pair);
            }
            watched = kept;
            due = line;
            called = 0;
        }
    }

    // The first action that stands in line, and does no more; null if there is none.
    private any next() {
        synchronized (this) {
            if (called == due.size())
                return null;
            any action = due[called];
            called++;
            return action;
        }
    }
}
