"""The Python half of a workspace: runs a job's code statement by statement and keeps its variables.

Standard library only, Python 3.10 level. `zygote` forks one process per workspace; in it `session` talks to Java over
`wire`, runs code from `source`, keeps variables with `keep`, and gives the code the names of `names` under the rules of
`policy`. `outside` records what the code reads from the clock and other sources of chance.
"""
