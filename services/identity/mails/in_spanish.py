"""The texts of mails in Spanish. Made by a machine, not yet reviewed by a native speaker."""

from __future__ import annotations

from services.identity.mails.wording import Frame, Wording

FRAME = Frame(
    "es_ES",
    "Abrir en el portal",
    "Este mensaje lo ha enviado el portal de clientes de {supplier}.",
    "Si tiene alguna pregunta, puede contactarnos aquí:",
    "Puede elegir qué mensajes recibe:",
)
TEXTS = {
    "invitation": Wording(
        "Su acceso al portal de clientes de {supplier}",
        "Hola, {name}:\n\nLe invitamos al portal de clientes de {supplier}. Elija aquí una contraseña:\n\n{link}\n\n"
        "El enlace funciona una sola vez, hasta el {until}.",
    ),
    "password_reset": Wording(
        "Elija una contraseña nueva",
        "Hola, {name}:\n\nAlguien, probablemente usted, ha solicitado una contraseña nueva para el portal de"
        " clientes de"
        " {supplier}. Elíjala aquí:\n\n{link}\n\nEl enlace funciona una sola vez, hasta el {until}. Si no ha sido"
        " usted, no tiene que hacer nada: su contraseña sigue siendo la misma.",
    ),
    "password_changed": Wording(
        "Se ha cambiado su contraseña",
        "Hola, {name}:\n\nSe ha cambiado su contraseña del portal de clientes de {supplier} y se ha cerrado la"
        " sesión en"
        " sus demás dispositivos. Si ha sido usted, no tiene que hacer nada.\n\nSi no ha sido usted, solicite"
        " inmediatamente una contraseña nueva y avísenos:\n\n{link}",
    ),
    "address_changed": Wording(
        "Ahora inicia sesión con otra dirección de correo electrónico",
        "Hola, {name}:\n\nse ha cambiado la dirección de correo electrónico con la que inicia sesión en el portal de"
        " clientes de {supplier}. A partir de ahora inicia sesión con la nueva y los mensajes llegan a ella; este es el"
        " último a esta dirección. Su contraseña sigue siendo la misma.\n\nSi no sabe nada de esto, díganoslo"
        " enseguida:\n\n{link}",
    ),
    "second_factor_on": Wording(
        "Se ha configurado una aplicación de autenticación",
        "Hola, {name}:\n\nA partir de ahora, el portal de clientes de {supplier} le pedirá, además de la contraseña, un"
        " código de su aplicación de autenticación. Guarde los códigos de recuperación en un lugar seguro.\n\nSi no ha"
        " sido usted, cambie inmediatamente su contraseña y avísenos:\n\n{link}",
    ),
    "second_factor_off": Wording(
        "Se ha desactivado su aplicación de autenticación",
        "Hola, {name}:\n\nEl portal de clientes de {supplier} ya no le pide un código de su aplicación de"
        " autenticación:"
        " la ha desactivado usted o un administrador. Puede volver a configurar una en sus ajustes:\n\n{link}\n\nSi no"
        " sabe nada de esto, cambie inmediatamente su contraseña y avísenos.",
    ),
    "passkey_added": Wording(
        "Se ha añadido una clave de acceso a su cuenta",
        "Hola, {name}:\n\nA partir de ahora puede entrar en el portal de clientes de {supplier} con una nueva clave de"
        " acceso.\n\nSi no ha sido usted, elimínela inmediatamente, cambie su contraseña y avísenos:\n\n{link}",
    ),
    "passkey_removed": Wording(
        "Se ha eliminado una clave de acceso de su cuenta",
        "Hola, {name}:\n\nUna de sus claves de acceso ya no permite entrar en el portal de clientes de"
        " {supplier}: la ha"
        " eliminado usted o un administrador. Puede añadir otra en sus ajustes:\n\n{link}\n\nSi no sabe nada de esto,"
        " cambie inmediatamente su contraseña y avísenos.",
    ),
    "case_reply": Wording(
        "Nuestra respuesta a su consulta {number}",
        "Hola, {name}:\n\nNuestro servicio de soporte ha respondido a su consulta {number}. Puede leer la respuesta y"
        " contestar en el portal:\n\n{link}",
    ),
    "order_accepted": Wording(
        "Hemos aceptado su pedido {number}",
        "Hola, {name}:\n\nHemos registrado su pedido {number}. Nuestro número para él es {erp_number}.\n\n{link}",
    ),
    "order_refused": Wording(
        "No hemos podido aceptar su pedido {number}",
        "Hola, {name}:\n\nNo hemos podido aceptar su pedido {number}. El motivo:\n\n{reason}\n\n{link}",
    ),
    "access_approved": Wording(
        "{colleague} ya puede usar el portal de clientes",
        "Hola, {name}:\n\nUsted solicitó acceso al portal de clientes de {supplier} para {colleague}. Se ha aprobado;"
        " {colleague} ha recibido una invitación por correo electrónico.\n\n{link}",
    ),
    "access_refused": Wording(
        "No se ha aprobado su solicitud de acceso",
        "Hola, {name}:\n\nUsted solicitó acceso al portal de clientes de {supplier} para {colleague}. No se ha"
        " aprobado."
        " El motivo:\n\n{reason}\n\n{link}",
    ),
    "access_refused_colleague": Wording(
        "Sin acceso al portal de clientes de {supplier}",
        "Hola, {name}:\n\nAlguien de su empresa solicitó acceso para usted al portal de clientes de {supplier}."
        " No se ha"
        " aprobado. El motivo:\n\n{reason}\n\nNo tiene que hacer nada; los datos sobre usted se borrarán al cabo de 30"
        " días.",
    ),
    "access_changed": Wording(
        "Ha cambiado lo que puede hacer en el portal de clientes",
        "Hola, {name}:\n\nSe ha modificado lo que incluye su cuenta en el portal de clientes de {supplier}. En el menú"
        " del portal encontrará lo que puede ver y hacer; es válido desde ahora.\n\n{link}",
    ),
}
