"""The catalogues' upkeep: which texts there are, what a catalogue lacks, what is wrong with a translation."""
