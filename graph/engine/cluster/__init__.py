"""Beyond one machine: the same kernels, called on the workers of a Spark Connect server.

`session.py` is a session with a server, `messages.py` what it says there; `connect.py` opens one
and asks the workers who they are; `shipment.py` lays arrays into a folder that client and workers
see, each file named by its content, and reads them back; `tasks.py` is what a worker runs;
`executor.py` has the executor whose blocks run there; `choose.py` says where a question runs.
Words: a shipment is what all blocks of a run share; a task is one block; its output is a file,
named by question and block, written whole or not at all. Start at
`executor.Cluster.run`.
"""
