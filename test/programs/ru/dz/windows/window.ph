package .ru.dz.windows;

class window
{
    var title : .internal.string;
    int x;
    int y;

    void setTitle( var t : .internal.string ) { title = t; }
    void move( var newx : int, var newy : int ) [16] { x = newx; y = newy; }

    .internal.string toString() [5]
    {
        return title.concat( " at " ).concat( x.toString() ).concat( "," ).concat( y.toString() );
    }
};
