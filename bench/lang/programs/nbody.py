"""nbody.py - the sun and its four large planets for a thousand steps.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import math
import sys

SUN_MASS = 4.0 * math.pi * math.pi
DAYS = 365.24


class Body:
    def __init__(self, x, y, z, dx, dy, dz, part):
        self.x = x
        self.y = y
        self.z = z
        self.vx = dx * DAYS
        self.vy = dy * DAYS
        self.vz = dz * DAYS
        self.mass = part * SUN_MASS

    def pull(self, other, dt):
        dx = self.x - other.x
        dy = self.y - other.y
        dz = self.z - other.z
        square = dx * dx + dy * dy + dz * dz
        strength = dt / (square * math.sqrt(square))
        mine = self.mass * strength
        its = other.mass * strength
        self.vx -= dx * its
        self.vy -= dy * its
        self.vz -= dz * its
        other.vx += dx * mine
        other.vy += dy * mine
        other.vz += dz * mine

    def move(self, dt):
        self.x += dt * self.vx
        self.y += dt * self.vy
        self.z += dt * self.vz

    def energy(self):
        return 0.5 * self.mass * (self.vx * self.vx + self.vy * self.vy + self.vz * self.vz)

    def energy_with(self, other):
        dx = self.x - other.x
        dy = self.y - other.y
        dz = self.z - other.z
        return -self.mass * other.mass / math.sqrt(dx * dx + dy * dy + dz * dz)

    def balance(self, others):
        for other in others:
            self.vx -= other.vx * other.mass / self.mass
            self.vy -= other.vy * other.mass / self.mass
            self.vz -= other.vz * other.mass / self.mass


class Planets:
    def __init__(self):
        sun = Body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
        self.bodies = [
            Body(4.84143144246472090, -1.16032004402742839, -0.103622044471123109,
                 0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023,
                 0.000954791938424326609),
            Body(8.34336671824457987, 4.12479856412430479, -0.403523417114321381,
                 -0.00276742510726411052, 0.00499852801234917238, 0.0000230417297573763929,
                 0.000285885980666130812),
            Body(12.8943695621391310, -15.1111514016986312, -0.223307578892655734,
                 0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556,
                 0.0000436624404335156298),
            Body(15.3796971148509165, -25.9193146099879641, 0.179258772950371181,
                 0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870,
                 0.0000515138902046611451),
        ]
        sun.balance(self.bodies)
        self.bodies.insert(0, sun)

    def advance(self, dt):
        bodies = self.bodies
        count = len(bodies)
        for i in range(count):
            one = bodies[i]
            for k in range(i + 1, count):
                one.pull(bodies[k], dt)
        for one in bodies:
            one.move(dt)

    def energy(self):
        bodies = self.bodies
        count = len(bodies)
        total = 0.0
        for i in range(count):
            one = bodies[i]
            total += one.energy()
            for k in range(i + 1, count):
                total += one.energy_with(bodies[k])
        return total


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    for _ in range(rounds):
        planets = Planets()
        for _ in range(1000):
            planets.advance(0.01)
        found = planets.energy()
        if abs(found + 0.169087605) > 0.000000001:
            sys.exit(f"nbody: {found} is wrong")
    print(f"nbody: {rounds}")


main()
