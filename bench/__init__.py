"""What Hongyan costs, each figure beside an anchor that was measured in the same run. Start it with `bench/run`."""
