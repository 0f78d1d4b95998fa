package .ru.dz.windows."package";

import .ru.dz.windows.window;

class odd extends window
{
    void move( var newx : int, var newy : int ) [16] { x = newx + 1; y = newy + 1; }
};
