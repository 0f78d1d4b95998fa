-- cd.lua - which of many aircraft come too near to each other, from frame to frame: red-black trees, and geometry.
--
-- SPDX-License-Identifier: LGPL-2.1-or-later

local floor, min, max, sqrt = math.floor, math.min, math.max, math.sqrt
local PLANES = 40
local FRAMES = 10
local NEAR = 1.0
local SIDE = 2.0

local function class()
    local made = {}
    made.__index = made
    return made
end

local CallSign = class()

function CallSign.new(number)
    return setmetatable({number = number}, CallSign)
end

function CallSign:compare(other)
    return self.number - other.number
end

local Voxel = class()

function Voxel.new(x, y)
    return setmetatable({x = x, y = y}, Voxel)
end

function Voxel:compare(other)
    if self.x ~= other.x then return self.x - other.x end
    return self.y - other.y
end

local Tree = class()

function Tree.new()
    return setmetatable({root = nil}, Tree)
end

function Tree:get(key)
    local node = self.root
    while node do
        local order = key:compare(node.key)
        if order == 0 then return node.value end
        if order < 0 then node = node.left else node = node.right end
    end
    return nil
end

function Tree:put(key, value)
    local parent, order = nil, 0
    local node = self.root
    while node do
        order = key:compare(node.key)
        if order == 0 then
            node.value = value
            return
        end
        parent = node
        if order < 0 then node = node.left else node = node.right end
    end
    node = {key = key, value = value, parent = parent, left = nil, right = nil, is_red = true}
    if not parent then
        self.root = node
    elseif order < 0 then
        parent.left = node
    else
        parent.right = node
    end
    self:balance(node)
end

function Tree:balance(node)
    while node ~= self.root and node.parent.is_red do
        local parent = node.parent
        local above = parent.parent
        local is_left = parent == above.left
        local uncle
        if is_left then uncle = above.right else uncle = above.left end
        if uncle and uncle.is_red then
            parent.is_red = false
            uncle.is_red = false
            above.is_red = true
            node = above
        elseif is_left then
            if node == parent.right then
                self:rotate_left(parent)
                node = parent
                parent = node.parent
            end
            parent.is_red = false
            above.is_red = true
            self:rotate_right(above)
        else
            if node == parent.left then
                self:rotate_right(parent)
                node = parent
                parent = node.parent
            end
            parent.is_red = false
            above.is_red = true
            self:rotate_left(above)
        end
    end
    self.root.is_red = false
end

function Tree:replace(node, with)
    local parent = node.parent
    with.parent = parent
    if not parent then
        self.root = with
    elseif node == parent.left then
        parent.left = with
    else
        parent.right = with
    end
    node.parent = with
end

function Tree:rotate_left(node)
    local top = node.right
    node.right = top.left
    if top.left then top.left.parent = node end
    self:replace(node, top)
    top.left = node
end

function Tree:rotate_right(node)
    local top = node.left
    node.left = top.right
    if top.right then top.right.parent = node end
    self:replace(node, top)
    top.right = node
end

function Tree:first()
    local node = self.root
    while node and node.left do node = node.left end
    return node
end

function Tree:next(node)
    if node.right then
        node = node.right
        while node.left do node = node.left end
        return node
    end
    while node.parent and node == node.parent.right do node = node.parent end
    return node.parent
end

local Place = class()

function Place.new(x, y, z)
    return setmetatable({x = x, y = y, z = z}, Place)
end

function Place:minus(other)
    return Place.new(self.x - other.x, self.y - other.y, self.z - other.z)
end

function Place:dot(other)
    return self.x * other.x + self.y * other.y + self.z * other.z
end

local Span = class()

function Span.new()
    return setmetatable({low = 0.0, high = 1.0}, Span)
end

function Span:cut(from, to, lowest, highest)
    local length = to - from
    if length == 0.0 then return lowest <= from and from <= highest end
    local enter = (lowest - from) / length
    local leave = (highest - from) / length
    if enter > leave then enter, leave = leave, enter end
    if enter > self.low then self.low = enter end
    if leave < self.high then self.high = leave end
    return self.low <= self.high
end

local Motion = class()

function Motion.new(sign, from, to)
    return setmetatable({sign = sign, from = from, to = to}, Motion)
end

function Motion:meets(other)
    local apart = self.from:minus(other.from)
    local speed = self.to:minus(self.from):minus(other.to:minus(other.from))
    local a = speed:dot(speed)
    local b = 2.0 * apart:dot(speed)
    local c = apart:dot(apart) - NEAR * NEAR
    if a == 0.0 then return c <= 0.0 end
    local square = b * b - 4.0 * a * c
    if square < 0.0 then return false end
    local root = sqrt(square)
    return (-b - root) / (2.0 * a) <= 1.0 and (-b + root) / (2.0 * a) >= 0.0
end

function Motion:crosses(voxel)
    local x = voxel.x * SIDE
    local y = voxel.y * SIDE
    local from, to = self.from, self.to
    local left = Span.new()
    return left:cut(from.x, to.x, x - NEAR, x + SIDE + NEAR) and left:cut(from.y, to.y, y - NEAR, y + SIDE + NEAR)
end

local Detector = class()

function Detector.new()
    return setmetatable({last = Tree.new()}, Detector)
end

function Detector:motions(frame)
    local found = {}
    for i, place in ipairs(frame) do
        local sign = CallSign.new(i)
        local before = self.last:get(sign)
        self.last:put(sign, place)
        found[#found + 1] = Motion.new(sign, before or place, place)
    end
    return found
end

local function voxel_of(at)
    return floor(at / SIDE)
end

function Detector:by_voxel(motions)
    local voxels = Tree.new()
    for _, motion in ipairs(motions) do
        local x0 = voxel_of(min(motion.from.x, motion.to.x) - NEAR)
        local x1 = voxel_of(max(motion.from.x, motion.to.x) + NEAR)
        local y0 = voxel_of(min(motion.from.y, motion.to.y) - NEAR)
        local y1 = voxel_of(max(motion.from.y, motion.to.y) + NEAR)
        for x = x0, x1 do
            for y = y0, y1 do self:put(voxels, Voxel.new(x, y), motion) end
        end
    end
    return voxels
end

function Detector:put(voxels, voxel, motion)
    if not motion:crosses(voxel) then return end
    local there = voxels:get(voxel)
    if not there then
        there = {}
        voxels:put(voxel, there)
    end
    there[#there + 1] = motion
end

function Detector:collisions(frame)
    local voxels = self:by_voxel(self:motions(frame))
    local count = 0
    local node = voxels:first()
    while node do
        local there = node.value
        for i = 1, #there do
            for k = i + 1, #there do
                if there[i]:meets(there[k]) then count = count + 1 end
            end
        end
        node = voxels:next(node)
    end
    return count
end

local function wave(time)
    local part = time - 4.0 * floor(time / 4.0)
    return part < 2.0 and part - 1.0 or 3.0 - part
end

local function frame_at(time)
    local places = {}
    for i = 0, PLANES - 1, 2 do
        places[#places + 1] = Place.new(time, 3.0 * wave(time) + i * 1.5, 10.0)
        places[#places + 1] = Place.new(time, 3.0 * wave(time + 1.0) + i * 1.5, 10.0 + 0.05 * i)
    end
    return places
end

local function collisions()
    local detector = Detector.new()
    local count = 0
    for i = 0, FRAMES - 1 do count = count + detector:collisions(frame_at(i / 2.0)) end
    return count
end

local rounds = tonumber(arg[1] or "1")
for _ = 1, rounds do
    local found = collisions()
    if found ~= 724 then error("cd: " .. found .. " is wrong") end
end
print("cd: " .. rounds)
