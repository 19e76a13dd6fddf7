"""Cultural map: where personas lie on the two Inglehart-Welzel axes."""
