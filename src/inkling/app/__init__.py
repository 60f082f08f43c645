"""The server behind ``inkling app``: the page to draw on, and its answers as a JSON service.

    request → security.py → routes.py → upload.py → responses.py → JSON
              Host, Origin   addresses   bytes → pixels   the model's answer

    server.py        the socket, the browser, uvicorn
    model_store.py   the models to choose from
    openapi.json     the description of the service

The server listens on 127.0.0.1 by default, sends nothing to other machines and writes no files. Start
reading at ``routes.py``.
"""
