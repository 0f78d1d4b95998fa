// deltablue.ph - a solver of constraints that works in small steps, after Freeman-Benson and Maloney: objects that know
// each other, arrays of them, and calls of methods that each kind of constraint has its own of.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// How much a constraint is wanted: a lower number is stronger.
const int REQUIRED = 0;
const int PREFERRED = 2;
const int STRONG_DEFAULT = 3;
const int NORMAL = 4;
const int WEAKEST = 6;

// Which way a constraint between two variables has effect.
const int NOWHERE = 0;
const int FORWARD = 1;
const int BACKWARD = 2;

class variable {
    int value;
    constraint[] users = [];
    constraint source;      // what determines it, or null
    int mark;
    int walkStrength = WEAKEST;
    boolean stays = true;   // its value does not change while a plan is executed

    void variable(int value0) {
        value = value0;
    }

    // All satisfied constraints but the one that determines it.
    void addConsumers(constraint[] to) {
        foreach (one in users)
            if (one :!= source && one.isSatisfied())
                to.add(one);
    }
}

abstract class constraint {
    const int strength;

    void constraint(int strength0) {
        strength = strength0;
    }

    abstract void addToGraph();
    abstract void removeFromGraph();
    abstract boolean isSatisfied();
    abstract void markUnsatisfied();
    abstract void chooseMethod(int mark);
    abstract void markInputs(int mark);
    abstract boolean inputsKnown(int mark);
    abstract variable output();
    abstract void recalculate();
    abstract void execute();

    boolean isInput() {
        return false;
    }

    void add(planner solver) {
        addToGraph();
        solver.incrementalAdd(this);
    }

    void destroy(planner solver) {
        if (isSatisfied())
            solver.incrementalRemove(this);
        else
            removeFromGraph();
    }

    // Have effect, if that can be; the constraint that has none any more because of this one, or null.
    constraint satisfy(int mark, planner solver) {
        chooseMethod(mark);
        if (!isSatisfied()) {
            if (strength == REQUIRED)
                throw "a required constraint cannot be satisfied";
            return null;
        }
        markInputs(mark);
        variable out = output();
        constraint overridden = out.source;
        if (overridden != null)
            overridden.markUnsatisfied();
        out.source = this;
        if (!solver.propagate(this, mark))
            throw "constraints go in a circle";
        out.mark = mark;
        return overridden;
    }
}

// A constraint of one variable.
abstract class unary extends constraint {
    private const variable mine;
    private boolean hasEffect;

    void unary(variable mine0, int strength0) {
        super(strength0);
        mine = mine0;
    }

    void addToGraph() {
        mine.users.add(this);
        hasEffect = false;
    }

    void removeFromGraph() {
        mine.users.removeValue(this);
        hasEffect = false;
    }

    boolean isSatisfied() {
        return hasEffect;
    }

    void markUnsatisfied() {
        hasEffect = false;
    }

    void chooseMethod(int mark) {
        hasEffect = mine.mark != mark && strength < mine.walkStrength;
    }

    void markInputs(int mark) {
    }

    boolean inputsKnown(int mark) {
        return true;
    }

    variable output() {
        return mine;
    }

    void recalculate() {
        mine.walkStrength = strength;
        mine.stays = !isInput();
        if (mine.stays)
            execute();
    }

    void execute() {
    }
}

class stay extends unary {
    void stay(variable mine0, int strength0) {
        super(mine0, strength0);
    }
}

// A variable that is set from outside.
class edit extends unary {
    void edit(variable mine0, int strength0) {
        super(mine0, strength0);
    }

    boolean isInput() {
        return true;
    }
}

// A constraint of two variables, either of which can determine the other.
abstract class binary_constraint extends constraint {
    const variable first;
    const variable second;
    int direction;

    void binary_constraint(variable first0, variable second0, int strength0) {
        super(strength0);
        first = first0;
        second = second0;
    }

    void addToGraph() {
        first.users.add(this);
        second.users.add(this);
        direction = NOWHERE;
    }

    void removeFromGraph() {
        first.users.removeValue(this);
        second.users.removeValue(this);
        direction = NOWHERE;
    }

    boolean isSatisfied() {
        return direction != NOWHERE;
    }

    void markUnsatisfied() {
        direction = NOWHERE;
    }

    void chooseMethod(int mark) {
        if (first.mark == mark)
            direction = second.mark != mark && strength < second.walkStrength ? FORWARD : NOWHERE;
        else if (second.mark == mark)
            direction = strength < first.walkStrength ? BACKWARD : NOWHERE;
        else if (first.walkStrength > second.walkStrength)
            direction = strength < first.walkStrength ? BACKWARD : NOWHERE;
        else
            direction = strength < second.walkStrength ? FORWARD : NOWHERE;
    }

    variable input() {
        return direction == FORWARD ? first : second;
    }

    variable output() {
        return direction == FORWARD ? second : first;
    }

    void markInputs(int mark) {
        input().mark = mark;
    }

    boolean inputsKnown(int mark) {
        variable one = input();
        return one.mark == mark || one.stays || one.source == null;
    }

    void recalculate() {
        variable from = input();
        variable to = output();
        to.walkStrength = strength > from.walkStrength ? strength : from.walkStrength;
        to.stays = from.stays;
        if (to.stays)
            execute();
    }
}

class equality extends binary_constraint {
    void equality(variable first0, variable second0, int strength0) {
        super(first0, second0, strength0);
    }

    void execute() {
        output().value = input().value;
    }
}

// second = first * scale + offset
class scaling extends binary_constraint {
    private const variable scale;
    private const variable offset;

    void scaling(variable from, variable scale0, variable offset0, variable to, int strength0) {
        super(from, to, strength0);
        scale = scale0;
        offset = offset0;
    }

    void addToGraph() {
        super.addToGraph();
        scale.users.add(this);
        offset.users.add(this);
    }

    void removeFromGraph() {
        super.removeFromGraph();
        scale.users.removeValue(this);
        offset.users.removeValue(this);
    }

    void markInputs(int mark) {
        super.markInputs(mark);
        scale.mark = mark;
        offset.mark = mark;
    }

    void execute() {
        if (direction == FORWARD)
            second.value = first.value * scale.value + offset.value;
        else
            first.value = (second.value - offset.value) / scale.value;
    }

    void recalculate() {
        variable from = input();
        variable to = output();
        to.walkStrength = strength > from.walkStrength ? strength : from.walkStrength;
        to.stays = from.stays && scale.stays && offset.stays;
        if (to.stays)
            execute();
    }
}

class planner {
    private int mark;

    void incrementalAdd(constraint one) {
        mark++;
        int now = mark;
        for (constraint next = one; next != null;)
            next = next.satisfy(now, this);
    }

    void incrementalRemove(constraint one) {
        variable out = one.output();
        one.markUnsatisfied();
        one.removeFromGraph();
        constraint[] unsatisfied = removePropagation(out);
        for (int strength = REQUIRED; strength <= WEAKEST; strength++)
            foreach (next in unsatisfied)
                if (next.strength == strength)
                    incrementalAdd(next);
    }

    // Walk on from a constraint that has effect now; false if that leads back to it.
    boolean propagate(constraint one, int now) {
        constraint[] waiting = [one];
        while (!waiting.isEmpty()) {
            constraint next = waiting.pop();
            if (next.output().mark == now) {
                incrementalRemove(one);
                return false;
            }
            next.recalculate();
            next.output().addConsumers(waiting);
        }
        return true;
    }

    // A variable is determined by nothing any more; the constraints that may have effect now.
    private constraint[] removePropagation(variable out) {
        constraint[] unsatisfied = [];
        variable[] waiting = [out];
        out.source = null;
        out.walkStrength = WEAKEST;
        out.stays = true;
        while (!waiting.isEmpty()) {
            variable next = waiting.pop();
            foreach (one in next.users) {
                if (!one.isSatisfied()) {
                    unsatisfied.add(one);
                } else if (one :!= next.source) {
                    one.recalculate();
                    waiting.add(one.output());
                }
            }
        }
        return unsatisfied;
    }

    // What has to be executed, in order, when these have changed.
    constraint[] plan(constraint[] changed) {
        constraint[] steps = [];
        constraint[] waiting = [];
        mark++;
        foreach (one in changed)
            if (one.isInput() && one.isSatisfied())
                waiting.add(one);
        while (!waiting.isEmpty()) {
            constraint next = waiting.pop();
            variable out = next.output();
            if (out.mark != mark && next.inputsKnown(mark)) {
                steps.add(next);
                out.mark = mark;
                out.addConsumers(waiting);
            }
        }
        return steps;
    }

    // Set a variable from outside, ten times.
    void change(variable one, int value) {
        constraint editing = new edit(one, PREFERRED);
        editing.add(this);
        constraint[] steps = plan([editing]);
        for (int i = 0; i < 10; i++) {
            one.value = value;
            execute(steps);
        }
        editing.destroy(this);
    }

    void execute(constraint[] steps) {
        foreach (step in steps)
            step.execute();
    }
}

// A long row of variables, each equal to the next one; the value of the last.
int chain(int count) {
    planner solver = new planner();
    variable first = new variable(0);
    variable last = first;
    for (int i = 0; i < count; i++) {
        variable next = new variable(0);
        new equality(last, next, REQUIRED).add(solver);
        last = next;
    }
    new stay(last, STRONG_DEFAULT).add(solver);
    constraint editing = new edit(first, PREFERRED);
    editing.add(solver);
    constraint[] steps = solver.plan([editing]);
    for (int i = 0; i < 100; i++) {
        first.value = i;
        solver.execute(steps);
        if (last.value != i)
            throw "the end of the chain is \{last.value}";
    }
    editing.destroy(solver);
    return last.value;
}

// Many variables, each with another one that is computed from it; the sum of these.
int projection(int count) {
    planner solver = new planner();
    variable scale = new variable(10);
    variable offset = new variable(1000);
    variable[] ends = [];
    variable from = null;
    variable to = null;
    for (int i = 0; i < count; i++) {
        from = new variable(i);
        to = new variable(i);
        ends.add(to);
        new stay(from, NORMAL).add(solver);
        new scaling(from, scale, offset, to, REQUIRED).add(solver);
    }
    solver.change(from, 17);
    if (to.value != 1170)
        throw "forward it is \{to.value}";
    solver.change(to, 1050);
    if (from.value != 5)
        throw "backward it is \{from.value}";
    solver.change(scale, 5);
    solver.change(offset, 2000);
    int sum = 0;
    foreach (end in ends)
        sum += end.value;
    return sum;
}

int rounds = args().size() > 0 ? args()[0].toInt() : 1;
for (int round = 0; round < rounds; round++) {
    int found = chain(100) + projection(100);
    if (found != 224379)
        throw "deltablue: \{found} is wrong";
}
println("deltablue: \{rounds}");
