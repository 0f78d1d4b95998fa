// nbody.ph - the sun and its four large planets for a thousand steps: doubles in the fields of objects.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

const double SUN_MASS = 4.0 * math.PI * math.PI;
const double DAYS = 365.24; // of a year, which is the unit of time

class body {
    private double x;
    private double y;
    private double z;
    private double vx;
    private double vy;
    private double vz;
    private const double mass;

    // Where it is, how far it moves in a day, and its mass as a part of the sun's.
    void body(double x0, double y0, double z0, double dx, double dy, double dz, double part) {
        x = x0;
        y = y0;
        z = z0;
        vx = dx * DAYS;
        vy = dy * DAYS;
        vz = dz * DAYS;
        mass = part * SUN_MASS;
    }

    // This body and another pull at each other for a while.
    void pull(body other, double dt) {
        double dx = x - other.x;
        double dy = y - other.y;
        double dz = z - other.z;
        double square = dx * dx + dy * dy + dz * dz;
        double strength = dt / (square * math.sqrt(square));
        double mine = mass * strength;
        double its = other.mass * strength;
        vx -= dx * its;
        vy -= dy * its;
        vz -= dz * its;
        other.vx += dx * mine;
        other.vy += dy * mine;
        other.vz += dz * mine;
    }

    void move(double dt) {
        x += dt * vx;
        y += dt * vy;
        z += dt * vz;
    }

    double energy() {
        return 0.5 * mass * (vx * vx + vy * vy + vz * vz);
    }

    double energyWith(body other) {
        double dx = x - other.x;
        double dy = y - other.y;
        double dz = z - other.z;
        return -mass * other.mass / math.sqrt(dx * dx + dy * dy + dz * dz);
    }

    // The sun moves so that the whole does not.
    void balance(body[] others) {
        foreach (other in others) {
            vx -= other.vx * other.mass / mass;
            vy -= other.vy * other.mass / mass;
            vz -= other.vz * other.mass / mass;
        }
    }
}

class planets {
    private body[] bodies = [];

    void planets() {
        body sun = new body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0);
        bodies.add(new body(4.84143144246472090, -1.16032004402742839, -0.103622044471123109,
            0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023,
            0.000954791938424326609));
        bodies.add(new body(8.34336671824457987, 4.12479856412430479, -0.403523417114321381,
            -0.00276742510726411052, 0.00499852801234917238, 0.0000230417297573763929,
            0.000285885980666130812));
        bodies.add(new body(12.8943695621391310, -15.1111514016986312, -0.223307578892655734,
            0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556,
            0.0000436624404335156298));
        bodies.add(new body(15.3796971148509165, -25.9193146099879641, 0.179258772950371181,
            0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870,
            0.0000515138902046611451));
        sun.balance(bodies);
        bodies.insert(0, sun);
    }

    void advance(double dt) {
        int count = bodies.size();
        for (int i = 0; i < count; i++) {
            body one = bodies[i];
            for (int k = i + 1; k < count; k++)
                one.pull(bodies[k], dt);
        }
        foreach (one in bodies)
            one.move(dt);
    }

    double energy() {
        double sum = 0.0;
        int count = bodies.size();
        for (int i = 0; i < count; i++) {
            body one = bodies[i];
            sum += one.energy();
            for (int k = i + 1; k < count; k++)
                sum += one.energyWith(bodies[k]);
        }
        return sum;
    }
}

int rounds = args().size() > 0 ? args()[0].toInt() : 1;
for (int round = 0; round < rounds; round++) {
    planets all = new planets();
    for (int step = 0; step < 1000; step++)
        all.advance(0.01);
    double found = all.energy();
    if (math.abs(found + 0.169087605) > 0.000000001)
        throw "nbody: \{found} is wrong";
}
println("nbody: \{rounds}");
