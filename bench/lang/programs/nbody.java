/*
 * nbody.java - the sun and its four large planets for a thousand steps.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

import java.util.ArrayList;

final class Nbody {
    static final double SUN_MASS = 4.0 * Math.PI * Math.PI;
    static final double DAYS = 365.24;

    static final class Body {
        private double x;
        private double y;
        private double z;
        private double vx;
        private double vy;
        private double vz;
        private final double mass;

        Body(double x, double y, double z, double dx, double dy, double dz, double part) {
            this.x = x;
            this.y = y;
            this.z = z;
            vx = dx * DAYS;
            vy = dy * DAYS;
            vz = dz * DAYS;
            mass = part * SUN_MASS;
        }

        void pull(Body other, double dt) {
            double dx = x - other.x;
            double dy = y - other.y;
            double dz = z - other.z;
            double square = dx * dx + dy * dy + dz * dz;
            double strength = dt / (square * Math.sqrt(square));
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

        double energyWith(Body other) {
            double dx = x - other.x;
            double dy = y - other.y;
            double dz = z - other.z;
            return -mass * other.mass / Math.sqrt(dx * dx + dy * dy + dz * dz);
        }

        void balance(ArrayList<Body> others) {
            for (Body other : others) {
                vx -= other.vx * other.mass / mass;
                vy -= other.vy * other.mass / mass;
                vz -= other.vz * other.mass / mass;
            }
        }
    }

    private final ArrayList<Body> bodies = new ArrayList<>();

    Nbody() {
        Body sun = new Body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0);
        bodies.add(new Body(4.84143144246472090, -1.16032004402742839, -0.103622044471123109,
                            0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023,
                            0.000954791938424326609));
        bodies.add(new Body(8.34336671824457987, 4.12479856412430479, -0.403523417114321381,
                            -0.00276742510726411052, 0.00499852801234917238, 0.0000230417297573763929,
                            0.000285885980666130812));
        bodies.add(new Body(12.8943695621391310, -15.1111514016986312, -0.223307578892655734,
                            0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556,
                            0.0000436624404335156298));
        bodies.add(new Body(15.3796971148509165, -25.9193146099879641, 0.179258772950371181,
                            0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870,
                            0.0000515138902046611451));
        sun.balance(bodies);
        bodies.add(0, sun);
    }

    void advance(double dt) {
        int count = bodies.size();
        for (int i = 0; i < count; i++) {
            Body one = bodies.get(i);
            for (int k = i + 1; k < count; k++)
                one.pull(bodies.get(k), dt);
        }
        for (Body one : bodies)
            one.move(dt);
    }

    double energy() {
        int count = bodies.size();
        double sum = 0.0;
        for (int i = 0; i < count; i++) {
            Body one = bodies.get(i);
            sum += one.energy();
            for (int k = i + 1; k < count; k++)
                sum += one.energyWith(bodies.get(k));
        }
        return sum;
    }

    public static void main(String[] args) {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        for (int round = 0; round < rounds; round++) {
            Nbody planets = new Nbody();
            for (int step = 0; step < 1000; step++)
                planets.advance(0.01);
            double found = planets.energy();
            if (Math.abs(found + 0.169087605) > 0.000000001)
                throw new IllegalStateException("nbody: " + found + " is wrong");
        }
        System.out.println("nbody: " + rounds);
    }
}
