"""Parameters of a job."""


def getResolvedOptions(argv, names):
    found = {name: argv[argv.index(f"--{name}") + 1] for name in names}
    return found
