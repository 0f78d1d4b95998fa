/*
 * deltablue.java - a solver of constraints that works in small steps, after Freeman-Benson and Maloney.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

import java.util.ArrayList;

final class Deltablue {
    static final int REQUIRED = 0;
    static final int PREFERRED = 2;
    static final int STRONG_DEFAULT = 3;
    static final int NORMAL = 4;
    static final int WEAKEST = 6;

    static final int NOWHERE = 0;
    static final int FORWARD = 1;
    static final int BACKWARD = 2;

    static final class Variable {
        int value;
        final ArrayList<Constraint> users = new ArrayList<>();
        Constraint source;
        int mark;
        int walkStrength = WEAKEST;
        boolean stays = true;

        Variable(int value) {
            this.value = value;
        }

        void addConsumers(ArrayList<Constraint> to) {
            for (Constraint one : users)
                if (one != source && one.isSatisfied())
                    to.add(one);
        }
    }

    abstract static class Constraint {
        final int strength;

        Constraint(int strength) {
            this.strength = strength;
        }

        abstract void addToGraph();
        abstract void removeFromGraph();
        abstract boolean isSatisfied();
        abstract void markUnsatisfied();
        abstract void chooseMethod(int mark);
        abstract void markInputs(int mark);
        abstract boolean inputsKnown(int mark);
        abstract Variable output();
        abstract void recalculate();
        abstract void execute();

        boolean isInput() {
            return false;
        }

        void add(Planner solver) {
            addToGraph();
            solver.incrementalAdd(this);
        }

        void destroy(Planner solver) {
            if (isSatisfied())
                solver.incrementalRemove(this);
            else
                removeFromGraph();
        }

        Constraint satisfy(int mark, Planner solver) {
            chooseMethod(mark);
            if (!isSatisfied()) {
                if (strength == REQUIRED)
                    throw new IllegalStateException("a required constraint cannot be satisfied");
                return null;
            }
            markInputs(mark);
            Variable out = output();
            Constraint overridden = out.source;
            if (overridden != null)
                overridden.markUnsatisfied();
            out.source = this;
            if (!solver.propagate(this, mark))
                throw new IllegalStateException("constraints go in a circle");
            out.mark = mark;
            return overridden;
        }
    }

    abstract static class Unary extends Constraint {
        private final Variable mine;
        private boolean hasEffect;

        Unary(Variable mine, int strength) {
            super(strength);
            this.mine = mine;
        }

        void addToGraph() {
            mine.users.add(this);
            hasEffect = false;
        }

        void removeFromGraph() {
            mine.users.remove(this);
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

        Variable output() {
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

    static final class Stay extends Unary {
        Stay(Variable mine, int strength) {
            super(mine, strength);
        }
    }

    static final class Edit extends Unary {
        Edit(Variable mine, int strength) {
            super(mine, strength);
        }

        boolean isInput() {
            return true;
        }
    }

    abstract static class Binary extends Constraint {
        final Variable first;
        final Variable second;
        int direction;

        Binary(Variable first, Variable second, int strength) {
            super(strength);
            this.first = first;
            this.second = second;
        }

        void addToGraph() {
            first.users.add(this);
            second.users.add(this);
            direction = NOWHERE;
        }

        void removeFromGraph() {
            first.users.remove(this);
            second.users.remove(this);
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

        Variable input() {
            return direction == FORWARD ? first : second;
        }

        Variable output() {
            return direction == FORWARD ? second : first;
        }

        void markInputs(int mark) {
            input().mark = mark;
        }

        boolean inputsKnown(int mark) {
            Variable one = input();
            return one.mark == mark || one.stays || one.source == null;
        }

        void recalculate() {
            Variable from = input();
            Variable to = output();
            to.walkStrength = strength > from.walkStrength ? strength : from.walkStrength;
            to.stays = from.stays;
            if (to.stays)
                execute();
        }
    }

    static final class Equality extends Binary {
        Equality(Variable first, Variable second, int strength) {
            super(first, second, strength);
        }

        void execute() {
            output().value = input().value;
        }
    }

    static final class Scaling extends Binary {
        private final Variable scale;
        private final Variable offset;

        Scaling(Variable from, Variable scale, Variable offset, Variable to, int strength) {
            super(from, to, strength);
            this.scale = scale;
            this.offset = offset;
        }

        void addToGraph() {
            super.addToGraph();
            scale.users.add(this);
            offset.users.add(this);
        }

        void removeFromGraph() {
            super.removeFromGraph();
            scale.users.remove(this);
            offset.users.remove(this);
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
            Variable from = input();
            Variable to = output();
            to.walkStrength = strength > from.walkStrength ? strength : from.walkStrength;
            to.stays = from.stays && scale.stays && offset.stays;
            if (to.stays)
                execute();
        }
    }

    static final class Planner {
        private int mark;

        static <T> T pop(ArrayList<T> from) {
            return from.remove(from.size() - 1);
        }

        static ArrayList<Constraint> only(Constraint one) {
            ArrayList<Constraint> made = new ArrayList<>();
            made.add(one);
            return made;
        }

        void incrementalAdd(Constraint one) {
            mark++;
            int now = mark;
            for (Constraint next = one; next != null;)
                next = next.satisfy(now, this);
        }

        void incrementalRemove(Constraint one) {
            Variable out = one.output();
            one.markUnsatisfied();
            one.removeFromGraph();
            ArrayList<Constraint> unsatisfied = removePropagation(out);
            for (int strength = REQUIRED; strength <= WEAKEST; strength++)
                for (Constraint next : unsatisfied)
                    if (next.strength == strength)
                        incrementalAdd(next);
        }

        boolean propagate(Constraint one, int now) {
            ArrayList<Constraint> waiting = only(one);
            while (!waiting.isEmpty()) {
                Constraint next = pop(waiting);
                if (next.output().mark == now) {
                    incrementalRemove(one);
                    return false;
                }
                next.recalculate();
                next.output().addConsumers(waiting);
            }
            return true;
        }

        private ArrayList<Constraint> removePropagation(Variable out) {
            ArrayList<Constraint> unsatisfied = new ArrayList<>();
            ArrayList<Variable> waiting = new ArrayList<>();
            waiting.add(out);
            out.source = null;
            out.walkStrength = WEAKEST;
            out.stays = true;
            while (!waiting.isEmpty()) {
                Variable next = pop(waiting);
                for (Constraint one : next.users) {
                    if (!one.isSatisfied()) {
                        unsatisfied.add(one);
                    } else if (one != next.source) {
                        one.recalculate();
                        waiting.add(one.output());
                    }
                }
            }
            return unsatisfied;
        }

        ArrayList<Constraint> plan(ArrayList<Constraint> changed) {
            ArrayList<Constraint> steps = new ArrayList<>();
            ArrayList<Constraint> waiting = new ArrayList<>();
            mark++;
            for (Constraint one : changed)
                if (one.isInput() && one.isSatisfied())
                    waiting.add(one);
            while (!waiting.isEmpty()) {
                Constraint next = pop(waiting);
                Variable out = next.output();
                if (out.mark != mark && next.inputsKnown(mark)) {
                    steps.add(next);
                    out.mark = mark;
                    out.addConsumers(waiting);
                }
            }
            return steps;
        }

        void change(Variable one, int value) {
            Constraint editing = new Edit(one, PREFERRED);
            editing.add(this);
            ArrayList<Constraint> steps = plan(only(editing));
            for (int i = 0; i < 10; i++) {
                one.value = value;
                execute(steps);
            }
            editing.destroy(this);
        }

        void execute(ArrayList<Constraint> steps) {
            for (Constraint step : steps)
                step.execute();
        }
    }

    static int chain(int count) {
        Planner solver = new Planner();
        Variable first = new Variable(0);
        Variable last = first;
        for (int i = 0; i < count; i++) {
            Variable next = new Variable(0);
            new Equality(last, next, REQUIRED).add(solver);
            last = next;
        }
        new Stay(last, STRONG_DEFAULT).add(solver);
        Constraint editing = new Edit(first, PREFERRED);
        editing.add(solver);
        ArrayList<Constraint> steps = solver.plan(Planner.only(editing));
        for (int i = 0; i < 100; i++) {
            first.value = i;
            solver.execute(steps);
            if (last.value != i)
                throw new IllegalStateException("the end of the chain is " + last.value);
        }
        editing.destroy(solver);
        return last.value;
    }

    static int projection(int count) {
        Planner solver = new Planner();
        Variable scale = new Variable(10);
        Variable offset = new Variable(1000);
        ArrayList<Variable> ends = new ArrayList<>();
        Variable from = null;
        Variable to = null;
        for (int i = 0; i < count; i++) {
            from = new Variable(i);
            to = new Variable(i);
            ends.add(to);
            new Stay(from, NORMAL).add(solver);
            new Scaling(from, scale, offset, to, REQUIRED).add(solver);
        }
        solver.change(from, 17);
        if (to.value != 1170)
            throw new IllegalStateException("forward it is " + to.value);
        solver.change(to, 1050);
        if (from.value != 5)
            throw new IllegalStateException("backward it is " + from.value);
        solver.change(scale, 5);
        solver.change(offset, 2000);
        int sum = 0;
        for (Variable end : ends)
            sum += end.value;
        return sum;
    }

    public static void main(String[] args) {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        for (int round = 0; round < rounds; round++) {
            int found = chain(100) + projection(100);
            if (found != 224379)
                throw new IllegalStateException("deltablue: " + found + " is wrong");
        }
        System.out.println("deltablue: " + rounds);
    }
}
