-- json.lua - a text of JSON is read into objects, walked over, and written again.
--
-- SPDX-License-Identifier: LGPL-2.1-or-later

local byte, sub = string.byte, string.sub
local QUOTE, BACKSLASH, LINE, SPACE, COMMA, COLON = byte('"\\\n ,:', 1, 6)
local OPEN_MEMBERS, CLOSE_MEMBERS, OPEN_ITEMS, CLOSE_ITEMS = byte("{}[]", 1, 4)
local MINUS, POINT, ZERO, NINE, LETTER_T, LETTER_F, LETTER_N = byte("-.09tfn", 1, 7)
local ESCAPES = {
    [QUOTE] = '"', [BACKSLASH] = "\\", [byte("/")] = "/", [byte("b")] = "\b", [byte("f")] = "\f",
    [LETTER_N] = "\n", [byte("r")] = "\r", [LETTER_T] = "\t",
}

local function class()
    local made = {}
    made.__index = made
    return made
end

local function write_quoted(text, out)
    local begin = 1
    out[#out + 1] = '"'
    for at = 1, #text do
        local c = byte(text, at)
        if c == QUOTE or c == BACKSLASH or c == LINE then
            out[#out + 1] = sub(text, begin, at - 1)
            out[#out + 1] = c == LINE and "\\n" or "\\" .. sub(text, at, at)
            begin = at + 1
        end
    end
    out[#out + 1] = sub(text, begin)
    out[#out + 1] = '"'
end

local Literal = class()

function Literal:write(out)
    out[#out + 1] = self.text
end

function Literal:sum()
    return 0.0
end

local Number = class()

function Number:write(out)
    out[#out + 1] = self.text
end

function Number:sum()
    return self.value
end

local Text = class()

function Text:write(out)
    write_quoted(self.text, out)
end

function Text:sum()
    return 0.0
end

local Items = class()

function Items:write(out)
    out[#out + 1] = "["
    for i, item in ipairs(self.items) do
        if i > 1 then out[#out + 1] = "," end
        item:write(out)
    end
    out[#out + 1] = "]"
end

function Items:sum()
    local total = 0.0
    for _, item in ipairs(self.items) do total = total + item:sum() end
    return total
end

local Members = class()

function Members:add(name, value)
    self.names[#self.names + 1] = name
    self.values[name] = value
end

function Members:write(out)
    out[#out + 1] = "{"
    for i, name in ipairs(self.names) do
        if i > 1 then out[#out + 1] = "," end
        write_quoted(name, out)
        out[#out + 1] = ":"
        self.values[name]:write(out)
    end
    out[#out + 1] = "}"
end

function Members:sum()
    local total = 0.0
    for _, name in ipairs(self.names) do total = total + self.values[name]:sum() end
    return total
end

local Parser = class()

function Parser.new(text)
    local self = setmetatable({text = text, at = 0, current = nil}, Parser)
    self:read()
    return self
end

function Parser:read()
    self.at = self.at + 1
    self.current = byte(self.text, self.at)
end

function Parser:skip_space()
    while self.current == SPACE or self.current == LINE do self:read() end
end

function Parser:refuse(wanted)
    error(wanted .. " should be at " .. self.at)
end

function Parser:expect(c)
    if self.current ~= c then self:refuse(string.char(c)) end
    self:read()
end

function Parser:all()
    local value = self:value()
    self:skip_space()
    if self.current then self:refuse("the end") end
    return value
end

function Parser:value()
    self:skip_space()
    local c = self.current
    if c == OPEN_MEMBERS then return self:members() end
    if c == OPEN_ITEMS then return self:items() end
    if c == QUOTE then return setmetatable({text = self:string()}, Text) end
    if c == LETTER_T then return self:literal("true") end
    if c == LETTER_F then return self:literal("false") end
    if c == LETTER_N then return self:literal("null") end
    return self:number()
end

function Parser:members()
    local made = setmetatable({names = {}, values = {}}, Members)
    self:read()
    self:skip_space()
    while self.current ~= CLOSE_MEMBERS do
        local name = self:string()
        self:skip_space()
        self:expect(COLON)
        made:add(name, self:value())
        self:skip_space()
        if self.current ~= CLOSE_MEMBERS then
            self:expect(COMMA)
            self:skip_space()
        end
    end
    self:read()
    return made
end

function Parser:items()
    local items = {}
    self:read()
    self:skip_space()
    while self.current ~= CLOSE_ITEMS do
        items[#items + 1] = self:value()
        self:skip_space()
        if self.current ~= CLOSE_ITEMS then self:expect(COMMA) end
    end
    self:read()
    return setmetatable({items = items}, Items)
end

function Parser:literal(word)
    for i = 1, #word do self:expect(byte(word, i)) end
    return setmetatable({text = word}, Literal)
end

function Parser:is_digit()
    local c = self.current
    return c and c >= ZERO and c <= NINE
end

function Parser:digits()
    if not self:is_digit() then self:refuse("a digit") end
    while self:is_digit() do self:read() end
end

function Parser:number()
    local begin = self.at
    if self.current == MINUS then self:read() end
    self:digits()
    if self.current == POINT then
        self:read()
        self:digits()
    end
    local text = sub(self.text, begin, self.at - 1)
    return setmetatable({text = text, value = tonumber(text)}, Number)
end

function Parser:string()
    self:expect(QUOTE)
    local begin = self.at
    local parts = nil
    while self.current ~= QUOTE do
        if not self.current then self:refuse("a quote") end
        if self.current == BACKSLASH then
            parts = parts or {}
            parts[#parts + 1] = sub(self.text, begin, self.at - 1)
            self:read()
            local escape = ESCAPES[self.current]
            if not escape then self:refuse("an escape") end
            parts[#parts + 1] = escape
            begin = self.at + 1
        end
        self:read()
    end
    local last = sub(self.text, begin, self.at - 1)
    self:read()
    if not parts then return last end
    parts[#parts + 1] = last
    return table.concat(parts)
end

local function source(count, space)
    local out = {"["}
    for i = 0, count - 1 do
        if i > 0 then out[#out + 1] = "," .. space end
        out[#out + 1] = '{"id":' .. space .. i
        out[#out + 1] = "," .. space .. '"name":' .. space .. '"thing \\"' .. i .. '\\""'
        out[#out + 1] = "," .. space .. '"price":' .. space .. (i % 90 + 10) .. ".25"
        out[#out + 1] = "," .. space .. '"tags":' .. space .. '["first",' .. space .. '"sec\\nond",' .. space .. '"third"]'
        out[#out + 1] = "," .. space .. '"stock":' .. space .. '{"here":' .. space .. i * 7 % 50
        out[#out + 1] = "," .. space .. '"open":' .. space .. (i % 3 == 0 and "true" or "false")
        out[#out + 1] = "," .. space .. '"note":' .. space .. "null}}"
    end
    out[#out + 1] = "]"
    return table.concat(out)
end

local function written(value)
    local out = {}
    value:write(out)
    return table.concat(out)
end

local rounds = tonumber(arg[1] or "1")
local spaced, close = source(60, " "), source(60, "")
for _ = 1, rounds do
    local value = Parser.new(spaced):all()
    if written(value) ~= close then error("json: what was read is not what is written") end
    local found = value:sum()
    if found ~= 5595.0 then error("json: " .. found .. " is wrong") end
end
print("json: " .. rounds)
