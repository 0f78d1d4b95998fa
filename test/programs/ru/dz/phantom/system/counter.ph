package .ru.dz.phantom.system;

class counter
{
    int value;

    void counter( var start : int )
    {
        if( start < 0 )
            throw "a counter starts at 0";
        value = start;
    }

    void step() [16] { value = value + 1; }
    void add( var n : int ) [17] { value = value + n; }
    int getValue() [18] { return value; }
};
