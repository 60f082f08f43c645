"""The app: a page to draw on, and the same answers as a service.

    request → guard.py → server.py → upload.py → replies.py → JSON
              who may     which         bytes       the model's
              ask         question      → pixels    answer

    serve.py        the address, the browser, Ctrl-C
    connection.py   what happens below a request: slow senders, half-closed connections
    model_store.py        the models to choose from
    page.py         the files of the page (static/), read once
    openapi.json    the description of the questions and answers

It listens on this machine alone unless told otherwise, asks nothing of other machines, keeps nothing and
writes nothing. Begin with ``server.py``.
"""
