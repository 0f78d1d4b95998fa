package .ru.dz.phantom.system;

interface runnable
{
    void run( var info ) [8];
};
