"""deltablue.py - a solver of constraints that works in small steps, after Freeman-Benson and Maloney.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import sys

REQUIRED, PREFERRED, STRONG_DEFAULT, NORMAL, WEAKEST = 0, 2, 3, 4, 6
NOWHERE, FORWARD, BACKWARD = range(3)


class Variable:
    def __init__(self, value):
        self.value = value
        self.users = []
        self.source = None
        self.mark = 0
        self.walk_strength = WEAKEST
        self.stays = True

    def add_consumers(self, to):
        for one in self.users:
            if one is not self.source and one.is_satisfied():
                to.append(one)


class Constraint:
    def __init__(self, strength):
        self.strength = strength

    def is_input(self):
        return False

    def add(self, solver):
        self.add_to_graph()
        solver.incremental_add(self)

    def destroy(self, solver):
        if self.is_satisfied():
            solver.incremental_remove(self)
        else:
            self.remove_from_graph()

    def satisfy(self, mark, solver):
        self.choose_method(mark)
        if not self.is_satisfied():
            if self.strength == REQUIRED:
                raise ValueError("a required constraint cannot be satisfied")
            return None
        self.mark_inputs(mark)
        out = self.output()
        overridden = out.source
        if overridden is not None:
            overridden.mark_unsatisfied()
        out.source = self
        if not solver.propagate(self, mark):
            raise ValueError("constraints go in a circle")
        out.mark = mark
        return overridden


class Unary(Constraint):
    def __init__(self, mine, strength):
        super().__init__(strength)
        self.mine = mine
        self.has_effect = False

    def add_to_graph(self):
        self.mine.users.append(self)
        self.has_effect = False

    def remove_from_graph(self):
        self.mine.users.remove(self)
        self.has_effect = False

    def is_satisfied(self):
        return self.has_effect

    def mark_unsatisfied(self):
        self.has_effect = False

    def choose_method(self, mark):
        self.has_effect = self.mine.mark != mark and self.strength < self.mine.walk_strength

    def mark_inputs(self, mark):
        pass

    def inputs_known(self, mark):
        return True

    def output(self):
        return self.mine

    def recalculate(self):
        mine = self.mine
        mine.walk_strength = self.strength
        mine.stays = not self.is_input()
        if mine.stays:
            self.execute()

    def execute(self):
        pass


class Stay(Unary):
    pass


class Edit(Unary):
    def is_input(self):
        return True


class Binary(Constraint):
    def __init__(self, first, second, strength):
        super().__init__(strength)
        self.first = first
        self.second = second
        self.direction = NOWHERE

    def add_to_graph(self):
        self.first.users.append(self)
        self.second.users.append(self)
        self.direction = NOWHERE

    def remove_from_graph(self):
        self.first.users.remove(self)
        self.second.users.remove(self)
        self.direction = NOWHERE

    def is_satisfied(self):
        return self.direction != NOWHERE

    def mark_unsatisfied(self):
        self.direction = NOWHERE

    def choose_method(self, mark):
        first, second, strength = self.first, self.second, self.strength
        if first.mark == mark:
            self.direction = FORWARD if second.mark != mark and strength < second.walk_strength else NOWHERE
        elif second.mark == mark:
            self.direction = BACKWARD if strength < first.walk_strength else NOWHERE
        elif first.walk_strength > second.walk_strength:
            self.direction = BACKWARD if strength < first.walk_strength else NOWHERE
        else:
            self.direction = FORWARD if strength < second.walk_strength else NOWHERE

    def input(self):
        return self.first if self.direction == FORWARD else self.second

    def output(self):
        return self.second if self.direction == FORWARD else self.first

    def mark_inputs(self, mark):
        self.input().mark = mark

    def inputs_known(self, mark):
        one = self.input()
        return one.mark == mark or one.stays or one.source is None

    def recalculate(self):
        start, to = self.input(), self.output()
        to.walk_strength = self.strength if self.strength > start.walk_strength else start.walk_strength
        to.stays = start.stays
        if to.stays:
            self.execute()


class Equality(Binary):
    def execute(self):
        self.output().value = self.input().value


class Scaling(Binary):
    def __init__(self, start, scale, offset, to, strength):
        super().__init__(start, to, strength)
        self.scale = scale
        self.offset = offset

    def add_to_graph(self):
        super().add_to_graph()
        self.scale.users.append(self)
        self.offset.users.append(self)

    def remove_from_graph(self):
        super().remove_from_graph()
        self.scale.users.remove(self)
        self.offset.users.remove(self)

    def mark_inputs(self, mark):
        super().mark_inputs(mark)
        self.scale.mark = mark
        self.offset.mark = mark

    def execute(self):
        if self.direction == FORWARD:
            self.second.value = self.first.value * self.scale.value + self.offset.value
        else:
            self.first.value = int((self.second.value - self.offset.value) / self.scale.value)

    def recalculate(self):
        start, to = self.input(), self.output()
        to.walk_strength = self.strength if self.strength > start.walk_strength else start.walk_strength
        to.stays = start.stays and self.scale.stays and self.offset.stays
        if to.stays:
            self.execute()


class Planner:
    def __init__(self):
        self.mark = 0

    def incremental_add(self, one):
        self.mark += 1
        now = self.mark
        while one is not None:
            one = one.satisfy(now, self)

    def incremental_remove(self, one):
        out = one.output()
        one.mark_unsatisfied()
        one.remove_from_graph()
        unsatisfied = self.remove_propagation(out)
        for strength in range(REQUIRED, WEAKEST + 1):
            for following in unsatisfied:
                if following.strength == strength:
                    self.incremental_add(following)

    def propagate(self, one, now):
        waiting = [one]
        while waiting:
            following = waiting.pop()
            if following.output().mark == now:
                self.incremental_remove(one)
                return False
            following.recalculate()
            following.output().add_consumers(waiting)
        return True

    def remove_propagation(self, out):
        unsatisfied = []
        waiting = [out]
        out.source = None
        out.walk_strength = WEAKEST
        out.stays = True
        while waiting:
            variable = waiting.pop()
            for one in variable.users:
                if not one.is_satisfied():
                    unsatisfied.append(one)
                elif one is not variable.source:
                    one.recalculate()
                    waiting.append(one.output())
        return unsatisfied

    def plan(self, changed):
        steps = []
        self.mark += 1
        mark = self.mark
        waiting = [one for one in changed if one.is_input() and one.is_satisfied()]
        while waiting:
            following = waiting.pop()
            out = following.output()
            if out.mark != mark and following.inputs_known(mark):
                steps.append(following)
                out.mark = mark
                out.add_consumers(waiting)
        return steps

    def change(self, one, value):
        editing = Edit(one, PREFERRED)
        editing.add(self)
        steps = self.plan([editing])
        for _ in range(10):
            one.value = value
            self.execute(steps)
        editing.destroy(self)

    def execute(self, steps):
        for step in steps:
            step.execute()


def chain(count):
    solver = Planner()
    first = last = Variable(0)
    for _ in range(count):
        following = Variable(0)
        Equality(last, following, REQUIRED).add(solver)
        last = following
    Stay(last, STRONG_DEFAULT).add(solver)
    editing = Edit(first, PREFERRED)
    editing.add(solver)
    steps = solver.plan([editing])
    for i in range(100):
        first.value = i
        solver.execute(steps)
        if last.value != i:
            sys.exit(f"the end of the chain is {last.value}")
    editing.destroy(solver)
    return last.value


def projection(count):
    solver = Planner()
    scale = Variable(10)
    offset = Variable(1000)
    ends = []
    start = to = None
    for i in range(count):
        start = Variable(i)
        to = Variable(i)
        ends.append(to)
        Stay(start, NORMAL).add(solver)
        Scaling(start, scale, offset, to, REQUIRED).add(solver)
    solver.change(start, 17)
    if to.value != 1170:
        sys.exit(f"forward it is {to.value}")
    solver.change(to, 1050)
    if start.value != 5:
        sys.exit(f"backward it is {start.value}")
    solver.change(scale, 5)
    solver.change(offset, 2000)
    return sum(end.value for end in ends)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    for _ in range(rounds):
        found = chain(100) + projection(100)
        if found != 224379:
            sys.exit(f"deltablue: {found} is wrong")
    print(f"deltablue: {rounds}")


main()
