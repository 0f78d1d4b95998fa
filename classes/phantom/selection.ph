// What channel.select has received, and from which channel.

package .phantom;

class selection {
    private int theIndex;
    private channel theChannel;
    private any theItem;

    // An item of a channel that stands at `index` of those that were asked.
    void selection(int index, channel channel, any item) {
        theIndex = index;
        theChannel = channel;
        theItem = item;
    }

    // Where the channel stands in the array that select was given.
    int index() {
        return theIndex;
    }

    // The channel that had the item.
    channel channel() {
        return theChannel;
    }

    // The item.
    any item() {
        return theItem;
    }
}
