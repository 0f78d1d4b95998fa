-- nbody.lua - the sun and its four large planets for a thousand steps.
--
-- SPDX-License-Identifier: LGPL-2.1-or-later

local sqrt = math.sqrt
local SUN_MASS = 4.0 * math.pi * math.pi
local DAYS = 365.24

local Body = {}
Body.__index = Body

function Body.new(x, y, z, dx, dy, dz, part)
    return setmetatable({
        x = x, y = y, z = z,
        vx = dx * DAYS, vy = dy * DAYS, vz = dz * DAYS,
        mass = part * SUN_MASS,
    }, Body)
end

function Body:pull(other, dt)
    local dx = self.x - other.x
    local dy = self.y - other.y
    local dz = self.z - other.z
    local square = dx * dx + dy * dy + dz * dz
    local strength = dt / (square * sqrt(square))
    local mine = self.mass * strength
    local its = other.mass * strength
    self.vx = self.vx - dx * its
    self.vy = self.vy - dy * its
    self.vz = self.vz - dz * its
    other.vx = other.vx + dx * mine
    other.vy = other.vy + dy * mine
    other.vz = other.vz + dz * mine
end

function Body:move(dt)
    self.x = self.x + dt * self.vx
    self.y = self.y + dt * self.vy
    self.z = self.z + dt * self.vz
end

function Body:energy()
    return 0.5 * self.mass * (self.vx * self.vx + self.vy * self.vy + self.vz * self.vz)
end

function Body:energy_with(other)
    local dx = self.x - other.x
    local dy = self.y - other.y
    local dz = self.z - other.z
    return -self.mass * other.mass / sqrt(dx * dx + dy * dy + dz * dz)
end

function Body:balance(others)
    for _, other in ipairs(others) do
        self.vx = self.vx - other.vx * other.mass / self.mass
        self.vy = self.vy - other.vy * other.mass / self.mass
        self.vz = self.vz - other.vz * other.mass / self.mass
    end
end

local Planets = {}
Planets.__index = Planets

function Planets.new()
    local sun = Body.new(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    local bodies = {
        Body.new(4.84143144246472090, -1.16032004402742839, -0.103622044471123109,
                 0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023,
                 0.000954791938424326609),
        Body.new(8.34336671824457987, 4.12479856412430479, -0.403523417114321381,
                 -0.00276742510726411052, 0.00499852801234917238, 0.0000230417297573763929,
                 0.000285885980666130812),
        Body.new(12.8943695621391310, -15.1111514016986312, -0.223307578892655734,
                 0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556,
                 0.0000436624404335156298),
        Body.new(15.3796971148509165, -25.9193146099879641, 0.179258772950371181,
                 0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870,
                 0.0000515138902046611451),
    }
    sun:balance(bodies)
    table.insert(bodies, 1, sun)
    return setmetatable({bodies = bodies}, Planets)
end

function Planets:advance(dt)
    local bodies = self.bodies
    local count = #bodies
    for i = 1, count do
        local one = bodies[i]
        for k = i + 1, count do one:pull(bodies[k], dt) end
    end
    for _, one in ipairs(bodies) do one:move(dt) end
end

function Planets:energy()
    local bodies = self.bodies
    local count = #bodies
    local sum = 0.0
    for i = 1, count do
        local one = bodies[i]
        sum = sum + one:energy()
        for k = i + 1, count do sum = sum + one:energy_with(bodies[k]) end
    end
    return sum
end

local rounds = tonumber(arg[1] or "1")
for _ = 1, rounds do
    local all = Planets.new()
    for _ = 1, 1000 do all:advance(0.01) end
    local found = all:energy()
    if math.abs(found + 0.169087605) > 0.000000001 then error("nbody: " .. found .. " is wrong") end
end
print("nbody: " .. rounds)
