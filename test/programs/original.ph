/*
 * original.ph - a program as the original's are written: classes in packages and files, variables with
 * colons, calls by number, a boot object. It starts in `startup`.
 */

package .ru.dz.phantom.system;

import .internal.string;
import .internal.directory;
import .internal."class";
import .internal.io.tty;
import .ru.dz.phantom.system.runnable;
import .ru.dz.phantom.system.counter;
import .ru.dz.windows.window;
import .ru.dz.windows."package".odd;

attribute const, ~persistent;

class listener @const implements runnable
{
    attribute foo+, ~bar*, .ru.dz.baz !->;

    var told : int;
    var what;

    void listener() { told = 0; }

    void run( var info @const ) [8]
    {
        told = told + 1;
        what = info;
    }

    int getTold() [20] { return told; }
};

class original
{
    var console : tty;
    var names : directory;
    var numbers : int[];
    var boxes : counter[.internal.container.array];
    var kind : .internal."class";
    var made : *(names.get("kind"));
    static int started;

    void startup( var boot_object @const ) [8]
    {
        started = started + 1;
        console = new tty();
        names = new directory();
        numbers = new int[]();

        boot_object.16( "started ".concat( started.toString() ) );

        loops();
        choices( 2 );
        choices( 7 );
        calls();
        objects( boot_object );
        troubles();
        windows();
    }

    void loops()
    {
        var i : int;
        var text : string;

        i = 0;
        while( i < 3 )
        {
            numbers.add( i * i );
            i = i + 1;
        }

        text = "";
        foreach( x in numbers )
            text = text.concat( x.toString() ).concat( " " );

        i = 10;
        do {
            i = i - 3;
            if( i == 4 ) continue;
            text = text.concat( i.toString() ).concat( "," );
        } while( i > 0 );

        // leaves in the middle
        do text = text.concat( "<" ); while( i < 1 ) { i = i + 1; text = text.concat( ">" ); }

        console.putws( text.concat( "\n" ) );
    }

    void choices( var n : int )
    {
        switch( n )
        {
            case 1:
                console.putws( "one\n" );
                break;
            case 2:
                console.putws( "two, and " );
            case 3:
                console.putws( "three\n" );
                break;
            default:
                console.putws( "many\n" );
        }
    }

    // By number, by a number that is computed, by a name that is.
    void calls()
    {
        var c : counter;
        var any_object;
        var number : int;

        c = new counter( 5 );
        any_object = c;
        number = 17;

        c.16();
        any_object.16();
        any_object.(number)( 10 );
        console.putws( any_object.18().toString().concat( " " ) );
        console.putws( any_object.("get" + "Value")() );
        console.putws( "\n" );
    }

    void objects( var boot_object )
    {
        var l : listener;
        var other;

        l = new listener();
        kind = l.getClass();
        names.put( "kind", kind );

        other = new *( names.get( "kind" ) )();
        other.8( "news" );
        made = new *( kind ) : listener();
        made.run( 1 );

        tell( l, boot_object );
        tell( other, null );

        boxes = new counter[.internal.container.array]();
        boxes.add( new counter( 40 ) );
        boxes[0].add( 2 );

        console.putws( kind.toString().concat( " " ).concat( other.20().toString() ) );
        console.putws( " " + boxes[0].getValue() + "\n" );
        if( l.what :== boot_object & l.what :!= null )
            console.putws( "the same object\n" );
    }

    void tell( var r : runnable, var what )
    {
        r.run( what );
    }

    void troubles()
    {
        try { new counter( -1 ); }
        catch( string why ) console.putws( why.concat( "\n" ) );

        try { throw new listener(); }
        catch( listener l ) console.putws( "told ".concat( l.getTold().toString() ).concat( "\n" ) );

        try console.putws( 1 / ( started - 1 ) );
        catch( .internal.error e ) console.putws( "the machine says no\n" );
    }

    void windows()
    {
        var w : window;

        w = new odd();
        w.setTitle( "odd" );
        w.16( 3, 4 );
        console.putws( w.toString() + "\n" );
        console.setcolor( 2 );
        console.gotoxy( 0, 23 );
        console.putws( "green, in the last line\n" );
    }
};
